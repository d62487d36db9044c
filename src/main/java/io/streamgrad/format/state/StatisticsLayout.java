package io.streamgrad.format.state;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.PixelStatistics;
import java.nio.ByteBuffer;
import java.util.Objects;

/** Pixel statistics; only where inputs are standardised. */
final class StatisticsLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    PixelStatistics statistics = state.statistics();
    return statistics == null || statistics.centerOnly()
        ? 0
        : Numbers.statisticsSize(state.parameters().layers());
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    Numbers.put(out, Objects.requireNonNull(model.state().statistics()));
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    Section.STATISTICS.require(in, Numbers.statisticsSize(parts.layers()));
    parts.statistics = Numbers.getStatistics(in, parts.layers());
  }
}
