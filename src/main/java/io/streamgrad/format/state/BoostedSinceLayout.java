package io.streamgrad.format.state;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import java.nio.ByteBuffer;

/** 8 the version from which on the learning rate is higher; only where it is. */
final class BoostedSinceLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    return state.drift().boostedSince() == 0 ? 0 : Long.BYTES;
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    out.putLong(model.state().drift().boostedSince());
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    parts.boostedSince = in.getLong();
    if (parts.boostedSince < 1) {
      throw new UnreadableStateException(
          "stored model is corrupt: a higher rate since version " + parts.boostedSince);
    }
  }
}
