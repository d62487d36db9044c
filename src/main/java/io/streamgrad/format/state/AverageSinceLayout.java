package io.streamgrad.format.state;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import java.nio.ByteBuffer;

/** 8 the version at which the average began anew; only where it has. */
final class AverageSinceLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    return state.averageSince() == 0 ? 0 : Long.BYTES;
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    out.putLong(model.state().averageSince());
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    parts.averageSince = in.getLong();
    if (parts.averageSince < 1 || parts.average == null) {
      throw new UnreadableStateException(
          "stored model is corrupt: an average since version " + parts.averageSince);
    }
  }
}
