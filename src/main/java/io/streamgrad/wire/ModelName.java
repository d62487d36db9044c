package io.streamgrad.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The name of a model: a record's key. */
public final class ModelName {
  /** The longest name, in bytes of UTF-8: as long as a topic's may be. */
  public static final int MAX_BYTES = 249;

  private ModelName() {}

  /**
   * The model that a record's key names.
   *
   * @param defaultName what no key means
   * @throws BadRecordException unless the key is 1 to 249 bytes of UTF-8 without control characters
   */
  public static String of(byte @Nullable [] key, String defaultName) throws BadRecordException {
    if (key == null) {
      return defaultName;
    }
    if (key.length == 0 || key.length > MAX_BYTES) {
      throw invalid("has " + key.length + " bytes");
    }
    try {
      String name = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(key)).toString();
      if (name.chars().anyMatch(Character::isISOControl)) {
        throw invalid("has a control character");
      }
      return name;
    } catch (CharacterCodingException e) {
      throw invalid("is not UTF-8");
    }
  }

  private static BadRecordException invalid(String what) {
    return new BadRecordException(
        BadRecordException.Reason.INVALID_MODEL_NAME,
        "the key %s; a model name must be 1 to %d bytes of UTF-8 without control characters"
            .formatted(what, MAX_BYTES));
  }
}
