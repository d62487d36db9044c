package io.streamgrad.format.state;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.PixelStatistics;
import java.nio.ByteBuffer;
import java.util.Objects;

/** Pixel means; only where inputs are centred. */
final class MeansLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    PixelStatistics statistics = state.statistics();
    return statistics == null || !statistics.centerOnly()
        ? 0
        : Numbers.meansSize(state.parameters().layers());
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    Numbers.putMeans(out, Objects.requireNonNull(model.state().statistics()));
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    Section.MEANS.require(in, Numbers.meansSize(parts.layers()));
    if (parts.statistics != null) {
      throw new UnreadableStateException(
          "stored model is corrupt: inputs are both standardised and centred");
    }
    parts.statistics = Numbers.getMeans(in, parts.layers());
  }
}
