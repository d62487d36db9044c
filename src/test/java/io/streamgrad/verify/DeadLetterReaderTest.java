package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.Fingerprint;
import io.streamgrad.wire.ModelName;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the oracle says of dead letters from which something was left out. */
class DeadLetterReaderTest {
  private static final byte[] BYTES = {1, 2, 3};

  private final Headers came = new RecordHeaders().add("h", BYTES);

  @Test
  void aPartThatWasLeftOutIsRightIfSizeAndHashAre() {
    assertThat(difference(BYTES, BYTES, letter(true))).isNull();
    assertThat(difference(null, BYTES, with(letter(true), Fingerprint.KEY, BYTES))).isNull();
    assertThat(difference(BYTES, null, with(letter(true), Fingerprint.VALUE, BYTES))).isNull();
    Headers noHeaders = letter(false);
    Fingerprint.of(came).addTo(noHeaders, Fingerprint.HEADERS);
    assertThat(difference(BYTES, BYTES, noHeaders)).isNull();
  }

  @Test
  void itIsWrongIfNothingOrSomethingElseIsSaidOfIt() {
    byte[] other = {1, 2, 4};
    byte[] longer = {1, 2, 3, 0};
    assertThat(difference(null, BYTES, letter(true))).contains("in key;");
    assertThat(difference(BYTES, null, letter(true))).contains("in value;");
    assertThat(difference(BYTES, BYTES, letter(false))).contains("in headers;");
    assertThat(difference(BYTES, null, with(letter(true), Fingerprint.VALUE, other)))
        .contains("in value;");
    assertThat(difference(BYTES, null, with(letter(true), Fingerprint.VALUE, longer)))
        .contains("in value;");
    // A value that is there is compared, whatever the headers say.
    assertThat(difference(BYTES, other, with(letter(true), Fingerprint.VALUE, BYTES)))
        .contains("in value;");
    assertThat(difference(other, BYTES, with(letter(true), Fingerprint.KEY, BYTES)))
        .contains("in key;");
  }

  @Test
  void whereTheKeyWasLeftOutTheLetterIsOfNoModel() throws ForeignRecordException {
    DeadLetterReader reader =
        new DeadLetterReader(new Subject(new TopicPartition("images", 0), 1, "?"::equals), "a");

    assertThat(reader.read(record(null, BYTES, with(letter(true), Fingerprint.KEY, BYTES))))
        .extracting(Output::model)
        .isEqualTo("?");
    assertThat(reader.read(record(null, BYTES, letter(true)))).isNull(); // of model "a"
  }

  private static Headers with(Headers letter, String part, byte[] bytes) {
    Fingerprint.of(bytes).addTo(letter, part);
    return letter;
  }

  private Headers letter(boolean withHeaders) {
    Headers letter = withHeaders ? new RecordHeaders(came) : new RecordHeaders();
    return letter
        .add("streamgrad.error.reason", utf8(why().reason().text()))
        .add("__streams.errors.topic", utf8("images"))
        .add("__streams.errors.partition", utf8("0"))
        .add("__streams.errors.offset", utf8("7"));
  }

  private @Nullable String difference(
      byte @Nullable [] key, byte @Nullable [] value, Headers letter) {
    ConsumerRecord<byte[], byte[]> found = record(key, value, letter);
    return DeadLetterReader.difference(
        new Output<>("a", 7, why().reason().text(), 0, found), record(BYTES, BYTES, came), why());
  }

  @SuppressWarnings("NullAway") // a record may have neither key nor value
  private static ConsumerRecord<byte[], byte[]> record(
      byte @Nullable [] key, byte @Nullable [] value, Headers headers) {
    return new ConsumerRecord<>(
        "t",
        0,
        7,
        0,
        TimestampType.CREATE_TIME,
        0,
        0,
        key,
        value,
        headers,
        java.util.Optional.empty());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static BadRecordException why() {
    return Objects.requireNonNull(
        catchThrowableOfType(BadRecordException.class, () -> ModelName.of(new byte[0], "a")));
  }
}
