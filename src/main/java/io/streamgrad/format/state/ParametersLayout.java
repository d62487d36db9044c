package io.streamgrad.format.state;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import java.nio.ByteBuffer;

/** Parameters. */
final class ParametersLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    return Numbers.parametersSize(state.parameters().layers());
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    Numbers.put(out, model.state().parameters());
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    Section.PARAMETERS.require(in, Numbers.parametersSize(parts.layers()));
    parts.parameters = Numbers.getParameters(in, parts.layers());
  }
}
