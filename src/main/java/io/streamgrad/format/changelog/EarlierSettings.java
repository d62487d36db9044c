package io.streamgrad.format.changelog;

import io.streamgrad.format.state.UnreadableStateException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Settings that models of a partition have learned with, up to where others took their place:
 * models that have begun before it began by these. Lies in the changelog, big-endian, as:
 *
 * <pre>
 *   8 offset, 16 id of the images topic, the settings in UTF-8
 * </pre>
 *
 * @param topicId of the images topic, as Kafka writes it
 * @param until offset of the first record of it that is learned with other settings
 * @param text the settings
 */
public record EarlierSettings(String topicId, long until, String text) {
  private static final int ID_BYTES = 2 * Long.BYTES;

  /** The bytes of its record. */
  public byte[] encode() {
    byte[] settings = text.getBytes(StandardCharsets.UTF_8);
    return PartitionRecords.record(
        ByteBuffer.allocate(Long.BYTES + ID_BYTES + settings.length)
            .putLong(until)
            .put(Base64.getUrlDecoder().decode(topicId))
            .put(settings)
            .array());
  }

  /**
   * Those of these bytes.
   *
   * @throws UnreadableStateException if they are of none
   */
  public static EarlierSettings decode(byte[] value) {
    byte[] content = PartitionRecords.content(value, "earlier settings");
    int settings = Long.BYTES + ID_BYTES;
    if (content.length < settings) {
      throw new UnreadableStateException(
          "the earlier settings in the changelog are corrupt: they have %d bytes"
              .formatted(content.length));
    }
    ByteBuffer in = ByteBuffer.wrap(content);
    long until = in.getLong();
    byte[] id = new byte[ID_BYTES];
    in.get(id);
    return new EarlierSettings(
        Base64.getUrlEncoder().withoutPadding().encodeToString(id),
        until,
        new String(content, settings, content.length - settings, StandardCharsets.UTF_8));
  }
}
