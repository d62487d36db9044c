package io.streamgrad.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What a dead letter says of a part of the bad record that did not fit into it, in the headers
 * {@code streamgrad.error.PART-size} and {@code streamgrad.error.PART-sha256}; a part is {@code
 * value}, {@code headers} or {@code key}.
 *
 * @param size in bytes
 * @param sha256 of these bytes, in hexadecimal
 */
public record Fingerprint(long size, String sha256) {
  /** The parts that may be left out. */
  public static final String VALUE = "value";

  public static final String HEADERS = "headers";
  public static final String KEY = "key";

  private static final String PREFIX = "streamgrad.error.";
  private static final String SIZE = "-size";
  private static final String SHA256 = "-sha256";

  /** Of a value or a key. */
  public static Fingerprint of(byte[] bytes) {
    MessageDigest digest = digest();
    digest.update(bytes);
    return of(bytes.length, digest);
  }

  /**
   * Of headers, one after the other: the length of the name in UTF-8 in four bytes, the name, the
   * length of the value (-1 where it is null), the value.
   */
  public static Fingerprint of(Headers headers) {
    MessageDigest digest = digest();
    long size = 0;
    for (Header header : headers) {
      size += update(digest, header.key().getBytes(StandardCharsets.UTF_8));
      size += update(digest, header.value());
    }
    return of(size, digest);
  }

  private static long update(MessageDigest digest, byte @Nullable [] bytes) {
    int length = bytes == null ? -1 : bytes.length;
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, length));
    if (bytes != null) {
      digest.update(bytes);
    }
    return Integer.BYTES + Math.max(0L, length);
  }

  private static Fingerprint of(long size, MessageDigest digest) {
    return new Fingerprint(size, HexFormat.of().formatHex(digest.digest()));
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Says in a dead letter's headers that it is there instead of a part. */
  public void addTo(Headers headers, String part) {
    add(headers, part + SIZE, Long.toString(size));
    add(headers, part + SHA256, sha256);
  }

  private static void add(Headers headers, String name, String value) {
    headers.add(PREFIX + name, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether a dead letter's headers say that this is there instead of a part. */
  public boolean isIn(Headers headers, String part) {
    return Long.toString(size).equals(sizeOf(headers, part))
        && sha256.equals(DeadLetterHeaders.text(headers, PREFIX + part + SHA256));
  }

  /** The size of a part that was left out, as a dead letter says it; null if it was not. */
  public static @Nullable String sizeOf(Headers headers, String part) {
    return DeadLetterHeaders.text(headers, PREFIX + part + SIZE);
  }
}
