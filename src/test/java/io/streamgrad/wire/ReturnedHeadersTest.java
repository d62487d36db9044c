package io.streamgrad.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class ReturnedHeadersTest {

  /** A registry's deserializer would take a prediction for a framed value. */
  @Test
  void whatSaysHowTheValueWasWrittenDoesNotComeBack() {
    Headers came = new RecordHeaders();
    for (String name :
        new String[] {
          "traceparent",
          "Content-Type",
          "__value_schema_id",
          "apicurio.value.contentId",
          "apicurio.value.msgType",
          "streamgrad.batch-id",
          "streamgrad.undated"
        }) {
      came.add(name, new byte[] {1});
    }

    assertThat(ReturnedHeaders.of(came))
        .extracting(Header::key)
        .containsExactly("traceparent", "streamgrad.batch-id");
  }

  /** To the byte, with 6 of each header beside its name and value. */
  @Test
  void whatDoesNotFitIsLeftOutAndWhatIsSmallerStillComesBack() {
    Headers came = new RecordHeaders();
    came.add("first", value("first", 4096 - 100));
    came.add("much", value("much", 101));
    came.add("\u00e9t\u00e9", value("\u00e9t\u00e9", 60));
    came.add("last", value("last", 41));
    came.add("last", value("last", 40));
    came.add("", null);

    assertThat(ReturnedHeaders.of(came))
        .extracting(header -> header.key() + " " + header.value().length)
        .containsExactly("first 3985", "\u00e9t\u00e9 49", "last 30");
  }

  /** A value with which a header takes so many bytes. */
  private static byte[] value(String name, int bytes) {
    return new byte[bytes - 6 - name.getBytes(StandardCharsets.UTF_8).length];
  }
}
