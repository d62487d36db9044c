package io.streamgrad.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.streamgrad.wire.BadRecordException.Reason;
import java.util.Objects;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContentTypeTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/x-protobuf",
        "application/protobuf",
        "application/vnd.google.protobuf",
        "application/x-google-protobuf",
        "application/x-protobuffer",
        "APPLICATION/X-Protobuf",
        " application/protobuf\t",
        "\"application/protobuf\"",
        " \" application/protobuf \" ",
        "application/protobuf;",
        "application/protobuf ; version=1",
        "application/protobuf; encoding=binary",
        "application/x-protobuf;charset=UTF-8",
        "application/x-protobuf; messageType=\"streamgrad.v1.ImageBatch\""
      })
  void protobufGoesByTheseNames(String value) throws BadRecordException {
    assertThat(ContentType.of(headers("content-type", value))).isEqualTo(ContentType.PROTOBUF);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "application/protobuf+json",
        "application/x-protobuf+json",
        "Application/JSON",
        "application/json;charset=utf-8",
        "application/json; Charset=\"UTF-8\"",
        "application/json ; charset = utf8 ",
        "application/protobuf+json; charset=utf-8; encoding=json",
        "\"application/json\"",
        "\"application/json;charset=UTF-8\"",
        "application/json; q=1; ;="
      })
  void jsonGoesByTheseNames(String value) throws BadRecordException {
    assertThat(ContentType.of(headers("content-type", value))).isEqualTo(ContentType.JSON);
  }

  @ParameterizedTest
  @ValueSource(strings = {"content-type", "Content-Type", "CONTENT-TYPE", "cOnTeNt-TyPe"})
  void theHeadersNameIsOfAnyCase(String name) throws BadRecordException {
    assertThat(ContentType.of(headers(name, "application/json"))).isEqualTo(ContentType.JSON);
  }

  @Test
  void theLastOfSeveralHeadersCounts() throws BadRecordException {
    Headers headers = headers("content-type", "image/png");
    headers.add("Content-Type", "application/json".getBytes(UTF_8));
    headers.add("trace", "t-1".getBytes(UTF_8));
    assertThat(ContentType.of(headers)).isEqualTo(ContentType.JSON);

    headers.add("content-type", null);
    assertThat(ContentType.of(headers)).isEqualTo(ContentType.PROTOBUF);
  }

  @Test
  void withoutAHeaderItIsProtobuf() throws BadRecordException {
    assertThat(ContentType.of(new RecordHeaders())).isEqualTo(ContentType.PROTOBUF);
    assertThat(ContentType.of(headers("contentType", "application/json")))
        .isEqualTo(ContentType.PROTOBUF);
  }

  @ParameterizedTest
  @CsvSource({
    "image/gif, image/gif",
    "'', ''",
    "' ', ' '",
    "';', ;",
    "'\"\"', '\"\"'",
    "application/json2, application/json2",
    "application, application",
    "text/json, text/json",
    "'application/json, application/protobuf', 'application/json, application/protobuf'",
    "'application/js\non', application/js?on"
  })
  void anotherTypeIsRefusedWithItsNameAndThoseThatAreKnown(String value, String shown) {
    assertThat(refusal(value))
        .contains("content-type is \"" + shown + "\"")
        .contains("application/protobuf")
        .contains("application/json");
  }

  @ParameterizedTest
  @CsvSource({
    "application/json; charset=ISO-8859-1, 'charset \"ISO-8859-1\"; must be utf-8'",
    "application/json;charset=\"utf-16\", 'charset \"utf-16\"; must be utf-8'",
    "application/json; charset=, 'charset \"\"; must be utf-8'",
    "application/x-protobuf; charset=latin1, 'charset \"latin1\"; must be utf-8'",
    "application/vnd.google.protobuf; encoding=delimited, 'encoding \"delimited\"; must be binary'",
    "application/json; encoding=binary, 'encoding \"binary\"; must be json'"
  })
  void anotherCharsetOrEncodingIsRefusedWithItsName(String value, String reason) {
    assertThat(refusal(value)).contains(reason);
  }

  @ParameterizedTest
  @EnumSource
  void whatTheServiceWritesIsWhatItAlwaysWrote(ContentType type) {
    Headers headers = headers("content-type", "image/png");
    type.mark(headers);

    assertThat(headers.toArray()).hasSize(1);
    assertThat(new String(headers.lastHeader("content-type").value(), UTF_8))
        .isEqualTo(
            switch (type) {
              case PROTOBUF -> "application/x-protobuf";
              case JSON -> "application/json";
              case PIXELS -> "application/octet-stream";
              case PNG -> "image/png";
            });
  }

  private static String refusal(String value) {
    BadRecordException e =
        Objects.requireNonNull(
            catchThrowableOfType(
                BadRecordException.class, () -> ContentType.of(headers("content-type", value))));
    assertThat(e.reason()).isEqualTo(Reason.UNKNOWN_CONTENT_TYPE);
    return Objects.requireNonNull(e.getMessage());
  }

  private static Headers headers(String name, String value) {
    Headers headers = new RecordHeaders();
    headers.add(name, value.getBytes(UTF_8));
    return headers;
  }
}
