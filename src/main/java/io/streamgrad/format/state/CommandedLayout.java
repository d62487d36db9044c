package io.streamgrad.format.state;

import io.streamgrad.model.Control;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import java.nio.ByteBuffer;

/**
 * 8 offset of the last command that had an effect, then what {@link ControlLayout} draws; only
 * where a command has had one.
 */
final class CommandedLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    Control control = state.control();
    return control.equals(Control.NONE) ? 0 : Long.BYTES + ControlLayout.size(control);
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    out.putLong(model.lineage().commands());
    ControlLayout.write(model.state().control(), out);
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    parts.commands = in.getLong();
    parts.control = ControlLayout.read(in);
    if (parts.control.equals(Control.NONE)) {
      throw new UnreadableStateException("stored model is corrupt: commands that changed nothing");
    }
  }
}
