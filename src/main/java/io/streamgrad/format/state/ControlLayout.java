package io.streamgrad.format.state;

import io.streamgrad.model.Control;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What commands have made of a model, as bytes, in the byte order of the buffer:
 *
 * <pre>
 *   8 incarnation, 4 flags: 1 paused
 *   4 count, and for each: 8 offset at which an incarnation began
 *   4 count, and for each: text key, text value of a setting, in the order of the keys
 *   4 count, and for each: text id of a command
 *   text: 2 length, that many bytes of UTF-8
 * </pre>
 */
public final class ControlLayout {
  private static final int PAUSED = 1;
  private static final int FIXED = Long.BYTES + 4 * Integer.BYTES;

  private ControlLayout() {}

  /** Its bytes. */
  public static long size(Control control) {
    long size = FIXED + (long) Long.BYTES * control.begins().size();
    for (var setting : control.settings().entrySet()) {
      size += size(setting.getKey()) + size(setting.getValue());
    }
    for (String id : control.obeyed()) {
      size += size(id);
    }
    return size;
  }

  private static int size(String text) {
    return Short.BYTES + text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Writes as many. */
  public static void write(Control control, ByteBuffer out) {
    out.putLong(control.incarnation()).putInt(control.paused() ? PAUSED : 0);
    out.putInt(control.begins().size());
    control.begins().forEach(out::putLong);
    out.putInt(control.settings().size());
    control
        .settings()
        .forEach(
            (key, value) -> {
              write(key, out);
              write(value, out);
            });
    out.putInt(control.obeyed().size());
    control.obeyed().forEach(id -> write(id, out));
  }

  private static void write(String text, ByteBuffer out) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.putShort((short) bytes.length).put(bytes);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws UnreadableStateException if it is something else
   */
  public static Control read(ByteBuffer in) {
    int start = in.position();
    Control control = parse(in);
    if (size(control) != in.position() - start) {
      throw new UnreadableStateException("stored model is corrupt: texts or settings of commands");
    }
    return control;
  }

  private static Control parse(ByteBuffer in) {
    long incarnation = in.getLong();
    int flags = in.getInt();
    if (incarnation < 0 || (flags & ~PAUSED) != 0) {
      throw new UnreadableStateException(
          "stored model is corrupt: incarnation %d, flags %x".formatted(incarnation, flags));
    }
    List<Long> begins = new ArrayList<>();
    for (int left = count(in, Long.BYTES); left > 0; left--) {
      begins.add(in.getLong());
    }
    SortedMap<String, String> settings = new TreeMap<>();
    for (int left = count(in, 2 * Short.BYTES); left > 0; left--) {
      settings.put(text(in), text(in));
    }
    List<String> obeyed = new ArrayList<>();
    for (int left = count(in, Short.BYTES); left > 0; left--) {
      obeyed.add(text(in));
    }
    return new Control(incarnation, begins, (flags & PAUSED) != 0, settings, obeyed);
  }

  private static int count(ByteBuffer in, int least) {
    int count = in.getInt();
    if (count < 0 || (long) count * least > in.remaining()) {
      throw new UnreadableStateException(
          "stored model is corrupt: %d elements in %d bytes".formatted(count, in.remaining()));
    }
    return count;
  }

  private static String text(ByteBuffer in) {
    byte[] bytes = new byte[count(in.getShort(), in)];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static int count(short length, ByteBuffer in) {
    if (length < 0 || length > in.remaining()) {
      throw new UnreadableStateException(
          "stored model is corrupt: a text of %d bytes in %d".formatted(length, in.remaining()));
    }
    return length;
  }
}
