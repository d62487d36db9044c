package io.streamgrad.format.state;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import java.nio.ByteBuffer;

/** Layers. */
final class ShapeLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    return Numbers.layersSize(state.parameters().layers());
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    Numbers.put(out, model.state().parameters().layers());
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    parts.layers = Numbers.getLayers(in);
    if (parts.allowed != null && !parts.allowed.equals(parts.layers)) {
      throw new UnreadableStateException(
          "the state has layers %s, configured are %s".formatted(parts.layers, parts.allowed));
    }
  }
}
