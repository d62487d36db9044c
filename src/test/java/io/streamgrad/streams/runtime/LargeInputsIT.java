package io.streamgrad.streams.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.streamgrad.Running;
import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** Records that Kafka takes with its default settings, and that once ended the service for good. */
class LargeInputsIT extends OracleTests {
  private static final Map<String, String> DEFAULT_MODEL = Map.of("model.layers", "[784, 10, 10]");
  private static final Map<String, Object> ZSTD =
      Map.of("compression.type", "zstd", "max.request.size", 10_000_000);

  @Test
  void eachIsADeadLetterAndTheBatchBehindItIsLearned() throws Exception {
    ServiceConfig config = broker.config("large", DEFAULT_MODEL);
    byte[] garbage = new byte[1_048_400];
    new Random(18).nextBytes(garbage);
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      sendStamped(config, -1L);
      send(config, garbage, Map.of("max.request.size", 2_000_000));
      send(config, new byte[3_000_000], ZSTD);
      send(config, batch(6000).build().toByteArray(), ZSTD);
      send(config, labeled(3).setBatchId("b".repeat(2_000_000)).build().toByteArray(), ZSTD);
      Running.Ended produced =
          Running.run(
              directory,
              "produce",
              "--topic",
              config.topics().images(),
              "--batch-size",
              "1337",
              "--limit",
              "1337",
              "--unlabeled",
              "-X",
              "bootstrap.servers=" + config.kafka().values().get("bootstrap.servers"));
      assertThat(produced.exit()).as(produced.output()).isZero();
      send(config, labeled(1024).build().toByteArray(), Map.of());
      OracleBroker.awaitCommitted(service, config, 7);
    }

    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.disagreements()).isEmpty();
    assertThat(report.predictions()).isEqualTo(2);
    assertThat(broker.read(config.topics().predictions()).get(0).timestamp()).isZero();
    List<ConsumerRecord<byte[], byte[]>> letters = broker.read(config.topics().deadLetters());
    assertThat(letters)
        .extracting(letter -> header(letter, "streamgrad.error.reason"))
        .containsExactly(
            "unreadable", "unreadable", "too-many-images", "batch-id-too-long", "too-many-images");
    assertThat(letters.subList(0, 4)) // the last one fits, by some bytes
        .extracting(letter -> header(letter, "streamgrad.error.value-size"))
        .startsWith("1048400", "3000000");
    Reliability.row(
        Reliability.Table.KINDS,
        "bad records larger than a dead letter, and one without a time stamp",
        18,
        6,
        "dead letters without their value, the batch behind them learned, oracle agrees");
  }

  @Test
  void inJsonABatchIdOfCharactersThatAreEscapedIsOne() throws Exception {
    ServiceConfig config =
        broker.config("escaped", Map.of("model.layers", "[784, 10, 10]", "outputs.format", "json"));
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      send(config, labeled(3).setBatchId("<".repeat(200_000)).build().toByteArray(), Map.of());
      send(config, labeled(3).setBatchId("<".repeat(1024)).build().toByteArray(), Map.of());
      OracleBroker.awaitCommitted(service, config, 2);
    }

    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.disagreements()).isEmpty();
    assertThat(report.predictions()).isEqualTo(1);
    assertThat(report.deadLetters()).isEqualTo(1);
  }

  /** 1,024 images with the probabilities of 100 classes: 1.26 MB of JSON. */
  @Test
  void anAnswerThatATopicDoesNotTakeIsRefusedAtTheStartAndSentWhereItDoes() throws Exception {
    ServiceConfig config =
        broker.config(
            "wide",
            Map.of(
                "model.layers", "[784, 100]",
                "outputs.format", "json",
                "outputs.probabilities", "true"));
    try (ServiceMetrics metrics = OracleBroker.metrics()) {
      assertThatThrownBy(() -> StreamsService.start(config, metrics))
          .isInstanceOf(TopicsException.class)
          .hasMessageContaining("topic wide.predictions takes records of up to 1048588 bytes")
          .hasMessageContaining("with probabilities may have 1");
    }
    broker.alterTopic(config.topics().predictions(), "max.message.bytes", "4000000");
    byte[] pixels = new byte[1024 * 784]; // other than blank ones, whose probabilities are short
    new Random(18).nextBytes(pixels);
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      ImageBatch batch = labeled(1024).setPixels(ByteString.copyFrom(pixels)).build();
      send(config, batch.toByteArray(), Map.of());
      OracleBroker.awaitCommitted(service, config, 1);
    }

    assertThat(broker.read(config.topics().predictions()))
        .singleElement()
        .satisfies(answer -> assertThat(answer.value()).hasSizeGreaterThan(1_048_588));
    assertThat(Verifier.verify(config, Verifier.Scope.ALL).disagreements()).isEmpty();
    Reliability.row(
        Reliability.Table.KINDS,
        "answers of more than their topic takes, by the configuration",
        "-",
        1,
        "refused at the start with both sizes; sent once the topic takes them");
  }

  private static ImageBatch.Builder batch(int images) {
    return ImageBatch.newBuilder()
        .setHeight(28)
        .setWidth(28)
        .setPixels(ByteString.copyFrom(new byte[images * 784]));
  }

  private static ImageBatch.Builder labeled(int images) {
    return batch(images).setLabels(ByteString.copyFrom(new byte[images]));
  }

  private static void sendStamped(ServiceConfig config, long timestamp) {
    broker.sendRecords(
        List.of(
            new StampedRecord(
                config.topics().images(),
                timestamp,
                null,
                labeled(2).build().toByteArray(),
                List.of())),
        Map.of());
  }

  private static void send(ServiceConfig config, byte[] value, Map<String, Object> producer) {
    broker.sendRecords(List.of(new ProducerRecord<>(config.topics().images(), value)), producer);
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return new String(Objects.requireNonNull(record.headers().lastHeader(name)).value(), UTF_8);
  }
}
