package io.streamgrad.format.state;

import io.streamgrad.model.DriftSpec;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * The binary layout of a stored model, little-endian throughout:
 *
 * <pre>
 *   offset  bytes  field
 *        0    4    magic "SGRD"
 *        4    2    layout version, 3
 *        6    2    S, number of sections
 *        8    4    length of everything, in bytes
 *       12    8 S  table of sections: 4 tag, four letters; 4 length in bytes
 *        .         the sections, in the order of the table, without a gap
 * </pre>
 *
 * <p>{@link Section} has their order, the {@link SectionLayout}s what is in them. Something new in
 * a state is one section more and no new layout: a version that does not know it refuses the state,
 * since it could not go on from it to the same bits. {@link EarlierLayouts} are read.
 *
 * <p>Equal states have equal bytes.
 */
public final class ModelCodec {
  static final int MAGIC = 0x44524753; // "SGRD" read as a little-endian int

  /** The layout that is written. */
  public static final short LAYOUT_VERSION = 3;

  private static final int HEADER_BYTES = 2 * Integer.BYTES + 2 * Short.BYTES;
  private static final int ENTRY_BYTES = 2 * Integer.BYTES;
  private static final int SMALL_SECTIONS = 64 * 1024; // drift, and what commands have made
  private static final String WHAT_TO_DO =
      "run the version that wrote it, or train from the beginning under another application-id";

  private ModelCodec() {}

  /** The bytes of a model. */
  public static byte[] encode(ModelEntry model) {
    return encode(model, new byte[0]);
  }

  /** The bytes of a model, in {@code reused} if that is exactly as long. */
  public static byte[] encode(ModelEntry model, byte[] reused) {
    ModelState state = model.state();
    int size = size(model);
    byte[] bytes = reused.length == size ? reused : new byte[size];
    ByteBuffer out = buffer(bytes);
    out.putInt(MAGIC).putShort(LAYOUT_VERSION).putShort((short) sections(state)).putInt(size);
    for (Section section : Section.all()) {
      int length = (int) section.layout().size(state);
      if (length > 0) {
        out.putInt(section.tag()).putInt(length);
      }
    }
    for (Section section : Section.all()) {
      if (section.layout().size(state) > 0) {
        section.layout().write(model, out);
      }
    }
    return bytes;
  }

  /** The length of a model's bytes. */
  public static int size(ModelEntry model) {
    ModelState state = model.state();
    long size = HEADER_BYTES + (long) ENTRY_BYTES * sections(state);
    for (Section section : Section.all()) {
      size += section.layout().size(state);
    }
    if (size > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a model of layers " + state.parameters().layers() + " is too large to store");
    }
    return (int) size;
  }

  /**
   * So many bytes has a state of a model at most that has no batches waiting for labels, whatever
   * commands and settings have made of it.
   */
  public static long atMost(ModelSpec spec) {
    long average = Section.PARAMETERS.layout().size(ModelState.initial(spec));
    int models = spec.drift().response() == DriftSpec.Response.CHALLENGER ? 2 : 1;
    return (long) models * sizeOfNew(spec.largest())
        + (1L + spec.drift().archive()) * average
        + SMALL_SECTIONS;
  }

  /** The bytes of a new model's state: a record of as many fits the changelog. */
  public static int sizeOfNew(ModelSpec spec) {
    return size(new ModelEntry(ModelState.initial(spec), Lineage.NONE));
  }

  private static int sections(ModelState state) {
    int count = 0;
    for (Section section : Section.all()) {
      count += section.layout().size(state) > 0 ? 1 : 0;
    }
    return count;
  }

  /**
   * The model of these bytes.
   *
   * @throws UnreadableStateException if they are of a layout or have a section that is not known,
   *     or are not a model at all
   */
  public static ModelEntry decode(byte[] bytes) {
    ByteBuffer in = buffer(bytes);
    try {
      if (in.getInt() != MAGIC) {
        throw new UnreadableStateException("not a stored model: it does not begin with SGRD");
      }
      short layout = in.getShort();
      if (EarlierLayouts.has(layout)) {
        return EarlierLayouts.decode(in);
      }
      if (layout != LAYOUT_VERSION) {
        throw new UnreadableStateException(
            "stored model has layout version %d, this version of Streamgrad reads 1 to %d; %s"
                .formatted(layout, LAYOUT_VERSION, WHAT_TO_DO));
      }
      return decodeSections(in, new StateParts());
    } catch (BufferUnderflowException e) {
      throw new UnreadableStateException("stored model is truncated at " + bytes.length + " bytes");
    }
  }

  /**
   * The model of bytes that anybody may have written: nothing is allocated that a model of these
   * layers does not have.
   *
   * @throws UnreadableStateException if they are not one of these layers, in the layout that is
   *     written
   */
  public static ModelEntry decode(byte[] bytes, List<Integer> layers) {
    ByteBuffer in = buffer(bytes);
    if (bytes.length < HEADER_BYTES || in.getInt() != MAGIC || in.getShort() != LAYOUT_VERSION) {
      throw new UnreadableStateException(
          "not a stored model of layout version %d".formatted(LAYOUT_VERSION));
    }
    try {
      StateParts parts = new StateParts();
      parts.allowed = layers;
      return decodeSections(in, parts);
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new UnreadableStateException("stored model is corrupt: " + e.getMessage());
    }
  }

  private static ModelEntry decodeSections(ByteBuffer in, StateParts parts) {
    int count = in.getShort();
    int length = in.getInt();
    int at = HEADER_BYTES + ENTRY_BYTES * count;
    if (count < 0 || length != in.capacity() || at > length) {
      throw new UnreadableStateException(
          "stored model is corrupt: %d bytes, it says %d, with %d sections"
              .formatted(in.capacity(), length, count));
    }
    Section last = null;
    for (int i = 0; i < count; i++) {
      Section section = section(in.getInt());
      int sectionLength = in.getInt();
      if (sectionLength <= 0 || sectionLength > length - at) {
        throw new UnreadableStateException(
            "stored model is corrupt: section %s of %d bytes, %d are left"
                .formatted(section, sectionLength, length - at));
      }
      if (last != null && section.compareTo(last) <= 0) {
        throw new UnreadableStateException(
            "stored model is corrupt: section %s after %s".formatted(section, last));
      }
      ByteBuffer content = in.slice(at, sectionLength).order(ByteOrder.LITTLE_ENDIAN);
      section.layout().read(content, parts);
      section.require(content, 0);
      at += sectionLength;
      last = section;
    }
    if (at != length) {
      throw new UnreadableStateException(
          "stored model is corrupt: %d bytes after its sections".formatted(length - at));
    }
    return parts.model();
  }

  private static Section section(int tag) {
    Section section = Section.of(tag);
    if (section == null) {
      throw new UnreadableStateException(
          "stored model has a section %s, which this version of Streamgrad does not know; %s"
              .formatted(letters(tag), WHAT_TO_DO));
    }
    return section;
  }

  /** A tag for a person to read, whatever its bytes are. */
  private static String letters(int tag) {
    StringBuilder letters = new StringBuilder();
    for (int i = 0; i < Integer.BYTES; i++) {
      char letter = (char) (tag >>> (Byte.SIZE * i) & 0xff);
      letters.append(letter > ' ' && letter <= '~' ? letter : '?');
    }
    return letters.toString();
  }

  /**
   * The SHA-256 of a model's weights, in hexadecimal: of the parameters, the averaged parameters,
   * the optimizer's moments and the pixel statistics or means, as they lie in the layout. Neither
   * version nor score nor lineage nor last good weights are in it: the same numbers have the same
   * hash.
   */
  public static String weightsSha256(ModelEntry model) {
    return sha256(model, EnumSet.range(Section.PARAMETERS, Section.MEANS));
  }

  /**
   * The SHA-256 of all that a model has learned, in hexadecimal: of every section but the history,
   * which models have from different moments on.
   */
  public static String stateSha256(ModelEntry model) {
    return sha256(model, EnumSet.complementOf(EnumSet.of(Section.HISTORY)));
  }

  private static String sha256(ModelEntry model, Set<Section> hashed) {
    try {
      byte[] bytes = encode(model);
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      int at = HEADER_BYTES + ENTRY_BYTES * sections(model.state());
      for (Section section : Section.all()) {
        int size = (int) section.layout().size(model.state());
        if (hashed.contains(section)) {
          digest.update(bytes, at, size);
        }
        at += size;
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
