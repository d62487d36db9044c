package io.streamgrad.format.state;

import io.streamgrad.model.Archive;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Earlier models, newest first: 8 updates since their average began, then their weights as
 * parameters; only where there are any.
 */
final class ArchiveLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    return state.drift().archive().models().size() * one(state.parameters().layers());
  }

  private static long one(List<Integer> layers) {
    return Long.BYTES + Numbers.parametersSize(layers);
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    for (Archive.Earlier earlier : model.state().drift().archive().models()) {
      out.putLong(earlier.updates());
      Numbers.put(out, earlier.weights());
    }
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    long count = in.remaining() / one(parts.layers());
    Section.ARCHIVE.require(in, count * one(parts.layers()));
    for (long i = 0; i < count; i++) {
      long updates = in.getLong();
      if (updates < 0) {
        throw new UnreadableStateException(
            "stored model is corrupt: an earlier model of %d updates".formatted(updates));
      }
      Parameters weights = Numbers.getParameters(in, parts.layers());
      parts.archive.add(new Archive.Earlier(weights, updates));
    }
  }
}
