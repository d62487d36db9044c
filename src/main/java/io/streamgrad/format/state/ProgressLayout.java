package io.streamgrad.format.state;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Progress;
import java.nio.ByteBuffer;

/**
 * The counters of a model's life:
 *
 * <pre>
 *   8 version   8 batches learned from   8 images in these   8 updates skipped
 *   8 last gradient norm (double)   8 last learning rate (double)
 *   4 consecutive updates skipped   4 whether diverged: 0 or 1
 * </pre>
 */
final class ProgressLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    return 6 * Long.BYTES + 2 * Integer.BYTES;
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    Progress progress = model.state().progress();
    out.putLong(progress.version);
    out.putLong(progress.batchesLearned).putLong(progress.imagesLearned);
    out.putLong(progress.updatesSkipped);
    out.putDouble(progress.gradientNorm).putDouble(progress.learningRate);
    out.putInt(progress.skippedInARow).putInt(progress.diverged ? 1 : 0);
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    Progress progress = new Progress();
    progress.version = in.getLong();
    progress.batchesLearned = in.getLong();
    progress.imagesLearned = in.getLong();
    progress.updatesSkipped = in.getLong();
    progress.gradientNorm = in.getDouble();
    progress.learningRate = in.getDouble();
    progress.skippedInARow = in.getInt();
    int diverged = in.getInt();
    if ((diverged & ~1) != 0) {
      throw new UnreadableStateException("stored model is corrupt: diverged is " + diverged);
    }
    progress.diverged = diverged == 1;
    parts.progress = progress;
  }
}
