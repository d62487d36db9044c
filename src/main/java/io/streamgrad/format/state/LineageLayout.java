package io.streamgrad.format.state;

import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import java.nio.ByteBuffer;

/** 8 offset of the last batch, 8 time stamp at which the report window began, 4 partition. */
final class LineageLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    return 2 * Long.BYTES + Integer.BYTES;
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    Lineage lineage = model.lineage();
    out.putLong(lineage.offset()).putLong(lineage.windowStart()).putInt(lineage.partition());
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    long offset = in.getLong();
    long windowStart = in.getLong();
    parts.lineage = new Lineage(in.getInt(), offset, windowStart);
  }
}
