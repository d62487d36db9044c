package io.streamgrad.format.state;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import java.nio.ByteBuffer;

/** Lifetime score, score of the window. */
final class ScoresLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    return 2 * Numbers.scoreSize(state.parameters().layers());
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    Numbers.put(out, model.state().lifetime().snapshot());
    Numbers.put(out, model.state().window().snapshot());
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    Section.SCORES.require(in, 2 * Numbers.scoreSize(parts.layers()));
    parts.lifetime = Numbers.getScore(in, parts.layers());
    parts.window = Numbers.getScore(in, parts.layers());
  }
}
