package io.streamgrad.wire;

import static org.assertj.core.api.Assertions.assertThat;

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
}
