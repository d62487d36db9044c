package io.streamgrad.format.state;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import java.nio.ByteBuffer;
import java.util.Objects;

/** Averaged parameters; only where there are any. */
final class AverageLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    Parameters average = state.average();
    return average == null ? 0 : Numbers.parametersSize(average.layers());
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    Numbers.put(out, Objects.requireNonNull(model.state().average()));
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    Section.AVERAGE.require(in, Numbers.parametersSize(parts.layers()));
    parts.average = Numbers.getParameters(in, parts.layers());
  }
}
