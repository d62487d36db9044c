package io.streamgrad.format.state;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Progress;
import java.nio.ByteBuffer;

/**
 * 8 number over all that came of the batches, {@link ModelState#remember}; 8 offset of the batch
 * after which it began with 0, -1 if that was at the model's birth. States of versions before it do
 * not have it: there it begins.
 */
final class HistoryLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    return 2 * Long.BYTES;
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    Progress progress = model.state().progress();
    out.putLong(progress.history).putLong(progress.historySince);
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    parts.history = in.getLong();
    parts.historySince = in.getLong();
  }
}
