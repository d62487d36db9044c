package io.streamgrad.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.streamgrad.v1.InputPosition;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A dead letter fits, whatever the bad record is. */
class DeadLetterSizeTest {
  private static final String TOPIC = "t".repeat(249);
  private static final int SMALLEST = (int) DeadLetter.largest(TOPIC);

  private static final InputPosition FROM =
      InputPosition.newBuilder()
          .setTopic(TOPIC)
          .setPartition(Integer.MAX_VALUE)
          .setOffset(Long.MAX_VALUE)
          .build();

  @ParameterizedTest
  @CsvSource({
    // key, value, header, what is left out
    "10, 10, 10, ''",
    "10, 9000, 10, value",
    "10, 10, 9000, value headers",
    "9000, 10, 10, value headers key",
    "9000, -1, 10, headers key",
    "-1, -1, 9000, headers",
    "249, 9000, 9000, value headers",
  })
  void whatDoesNotFitIsLeftOutAndItsHashIsThere(int key, int value, int header, String leftOut) {
    List<String> parts = Arrays.asList(leftOut.split(" ", -1));
    Record<byte[], byte[]> bad = bad(key, value, header);

    DeadLetter letter = letter(bad, 8000);

    assertThat(size(letter)).isLessThanOrEqualTo(8000);
    assertThat(letter.key()).isEqualTo(parts.contains("key") ? null : bad.key());
    assertThat(letter.value()).isEqualTo(parts.contains("value") ? null : bad.value());
    assertThat(letter.headers().lastHeader("h"))
        .isEqualTo(parts.contains("headers") ? null : bad.headers().lastHeader("h"));
    assertThat(isSaid(letter, Fingerprint.KEY, bad.key())).isEqualTo(parts.contains("key"));
    assertThat(isSaid(letter, Fingerprint.VALUE, bad.value())).isEqualTo(parts.contains("value"));
    assertThat(Fingerprint.of(bad.headers()).isIn(letter.headers(), Fingerprint.HEADERS))
        .isEqualTo(parts.contains("headers"));
  }

  @Test
  void itFitsAnyLimitThatTheServiceStartsWith() {
    Random random = new Random(18);
    for (int i = 0; i < 2000; i++) {
      int limit = SMALLEST + random.nextInt(6000);
      Record<byte[], byte[]> bad =
          bad(random.nextInt(limit), random.nextInt(2 * limit), random.nextInt(limit));

      DeadLetter letter = letter(bad, limit);

      assertThat(size(letter)).isLessThanOrEqualTo(limit);
      if (bad.key().length <= ModelName.MAX_BYTES) {
        assertThat(letter.key()).isEqualTo(bad.key());
      }
    }
  }

  /** As it came, it had none. */
  @Test
  void theMarkOfARecordWithoutATimeStampIsNotInItsLetter() {
    Record<byte[], byte[]> bad = bad(10, 10, 10);
    UndatedRecord.mark(bad.headers());

    assertThat(letter(bad, 8000).headers())
        .extracting(Header::key)
        .contains("h")
        .noneMatch(UndatedRecord::isMark);
  }

  @Test
  void theHashOfHeadersIsThatOfNamesAndValuesBehindTheirLengths() {
    Headers headers = new RecordHeaders();
    headers.add("a", new byte[] {1});
    headers.add("", null);

    assertThat(Fingerprint.of(headers))
        .isEqualTo(
            Fingerprint.of(
                new byte[] {0, 0, 0, 1, 'a', 0, 0, 0, 1, 1, 0, 0, 0, 0, -1, -1, -1, -1}));
  }

  private static boolean isSaid(DeadLetter letter, String part, byte[] bytes) {
    return bytes != null && Fingerprint.of(bytes).isIn(letter.headers(), part);
  }

  private static DeadLetter letter(Record<byte[], byte[]> bad, int limit) {
    return DeadLetter.of(
        bad.key(), bad.value(), bad.headers(), bad.timestamp(), FROM, why(), limit);
  }

  private static Record<byte[], byte[]> bad(int key, int value, int header) {
    Headers headers = new RecordHeaders(new Header[0]);
    headers.add("h", bytes(header));
    return new Record<>(bytes(key), bytes(value), Long.MAX_VALUE, headers);
  }

  @SuppressWarnings("NullAway") // a record may have neither
  private static byte[] bytes(int length) {
    return length < 0 ? null : new byte[length];
  }

  private static long size(DeadLetter letter) {
    return RecordSize.of(letter.key(), letter.value(), letter.headers());
  }

  private static BadRecordException why() {
    return Objects.requireNonNull(
        catchThrowableOfType(BadRecordException.class, () -> ModelName.of(new byte[0], "default")));
  }
}
