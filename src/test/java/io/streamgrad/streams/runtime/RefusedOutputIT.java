package io.streamgrad.streams.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.LogCapture;
import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.verify.Verifier;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Limits that change while the service runs, and outputs that are refused all the same. */
class RefusedOutputIT extends OracleTests {
  /** Never to be seen in a log. */
  static final String MARK = "content-of-a-record";

  private static final List<ImageBatch> BATCHES = TestBatches.labeled(40, 6);

  @Test
  void aLimitThatIsLoweredStartsTheStreamAnewWithSmallerDeadLetters() throws Exception {
    ServiceConfig config = broker.config("lowered", Map.of());
    String letters = config.topics().deadLetters();
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      send(config, 0, 10);
      sendGarbage(config, 20_000);
      OracleBroker.awaitCommitted(service, config, 11);

      broker.alterTopic(letters, "max.message.bytes", "5000");
      send(config, 10, 20);
      sendGarbage(config, 20_000);
      send(config, 20, 30);
      OracleBroker.awaitCommitted(service, config, 32);

      broker.alterTopic(letters, "message.timestamp.before.max.ms", "600000");
      broker.sendRecords(
          List.of(new StampedRecord(config.topics().images(), 0L, null, null, List.of())),
          Map.of());
      OracleBroker.awaitCommitted(service, config, 33);
    }

    assertThat(broker.read(letters))
        .extracting(letter -> letter.value() == null ? 0 : letter.value().length)
        .containsExactly(20_000, 0, 0);
    assertThat(Verifier.verify(config, Verifier.Scope.ALL).disagreements()).isEmpty();
    Reliability.row(
        Reliability.Table.KINDS,
        "the dead-letter topic takes less, and other time stamps, than at the start",
        6,
        2,
        "a new stream thread with the new limits, oracle agrees");
  }

  @Test
  void aLimitThatAnswersNoLongerFitStopsTheServiceWithBothSizes() throws Exception {
    ServiceConfig config = broker.config("too-low", Map.of("model.max-batch-size", "100"));
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      send(config, 0, 10);
      OracleBroker.awaitCommitted(service, config, 10);

      broker.alterTopic(config.topics().predictions(), "max.message.bytes", "100");
      send(config, 10, 20);

      assertThat(service.awaitStopped())
          .isInstanceOf(TopicsException.class)
          .hasMessageMatching(
              "topic too-low.predictions takes records of up to 100 bytes \\(max.message.bytes\\),"
                  + " and a prediction for 100 images in 3 classes may have \\d{4}; raise"
                  + " max.message.bytes, lower model.max-batch-size");
    }
    try (ServiceMetrics metrics = OracleBroker.metrics()) {
      assertThatThrownBy(() -> StreamsService.start(config, metrics))
          .isInstanceOf(TopicsException.class)
          .hasMessageContaining("topic too-low.predictions takes records of up to 100 bytes");
    }
    broker.alterTopic(config.topics().predictions(), "max.message.bytes", "10000");
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitCommitted(service, config, 20);
    }
    assertThat(Verifier.verify(config, Verifier.Scope.ALL).disagreements()).isEmpty();
  }

  @Test
  void whatIsRefusedAllTheSameIsNamedAndNothingOfItIsLogged() throws Exception {
    ServiceConfig config =
        broker.config(
            "inflated", Map.of("kafka.producer.interceptor.classes", Inflating.class.getName()));
    try (LogCapture log = new LogCapture();
        ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      Headers headers = new RecordHeaders();
      headers.add(MARK, MARK.getBytes(UTF_8));
      ImageBatch batch = BATCHES.get(0).toBuilder().setBatchId(MARK).build();
      broker.sendRecords(
          List.of(
              record(config, new byte[] {1}, headers), // one dead letter before it
              record(config, batch.toByteArray(), headers)),
          Map.of());

      assertThat(service.awaitStopped())
          .isInstanceOf(TopicsException.class)
          .hasMessageMatching(
              "Kafka refused a record of 2000\\d{3} bytes for topic inflated.predictions, which"
                  + " takes 1048588 \\(max.message.bytes\\); it comes of inflated.images-0, offset"
                  + " 1: The message is 2000\\d{3} bytes when serialized which is larger than"
                  + " 1048588, .*");
      Awaitility.await().until(() -> log.text().contains("Kafka refused a record"));
      assertThat(log.text()).doesNotContain(MARK);
    }
    Reliability.row(
        Reliability.Table.KINDS,
        "an interceptor makes an answer too large",
        "-",
        1,
        "stops, says which record, how large, and the limit; nothing of it in the log");
  }

  private static void send(ServiceConfig config, int from, int to) {
    broker.send(
        config.topics().images(),
        BATCHES.subList(from, to).stream().map(ImageBatch::toByteArray).toList());
  }

  private static void sendGarbage(ServiceConfig config, int bytes) {
    broker.sendRecords(List.of(record(config, new byte[bytes], new RecordHeaders())), Map.of());
  }

  private static ProducerRecord<byte[], byte[]> record(
      ServiceConfig config, byte[] value, Headers headers) {
    return new ProducerRecord<>(
        config.topics().images(), 0, null, new byte[] {'a'}, value, headers);
  }
}
