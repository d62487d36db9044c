package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.wire.ModelPartitions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The oracle over models of every sort. */
class VerifierModelsIT extends OracleTests {
  @ParameterizedTest
  @CsvSource({
    "momentum, 0,    unit,        0.1,   protobuf, balanced",
    "nesterov, 0.99, standardize, 0.1,   json,     fifo",
    "adamw,    0.99, center,      0.001, protobuf, reservoir",
    "sgd,      0.99, unit,        1e6,   json,     reservoir" // diverges
  })
  void givenAModelOfAnySortThenTheOracleAgrees(
      String optimizer,
      String averaging,
      String scaling,
      String rate,
      String format,
      String policy) {
    ServiceConfig config =
        broker.config(
            optimizer,
            Map.of(
                "model.optimizer.type", optimizer,
                "model.averaging", averaging,
                "model.input-scaling", scaling,
                "model.learning-rate.initial", rate,
                "model.max-skipped-in-a-row", "3",
                "model.drift.detector", "page-hinkley",
                "model.replay.images", "30",
                "model.replay.policy", policy,
                "outputs.format", format,
                "outputs.probabilities", "true"));
    List<ImageBatch> batches = new ArrayList<>(TestBatches.labeled(40, 4));
    batches.set(20, batches.get(20).toBuilder().clearLabels().build());
    broker.serve(config, batches, 40);

    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);

    assertThat(report.disagreements()).isEmpty();
    assertThat(report.predictions()).isEqualTo(40);
    assertThat(report.models().get(0).weightsCompared()).isTrue();
    assertThat(report.updates() < 39).isEqualTo(rate.equals("1e6"));
  }

  /** As an upgrade does from a version in which unit was the default. */
  @Test
  void givenAnotherDefaultScalingInMidStreamThenTheOracleAgreesFromTheBeginning() {
    String topics = "upgraded";
    Map<String, String> commands =
        Map.of("topics.commands", topics + ".commands", "topics.applied", topics + ".applied");
    Map<String, String> before = new HashMap<>(commands);
    before.put("model.input-scaling", "unit");
    List<ImageBatch> batches = TestBatches.labeled(40, 6);
    String images = topics + ".images";
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      // a and b begin before it, and c after; of d there are no labels before
      String name = i < 20 ? List.of("a", "b", "d").get(i % 3) : List.of("a", "c", "d").get(i % 3);
      ImageBatch batch = batches.get(i);
      byte[] value =
          (i < 20 && name.equals("d") ? batch.toBuilder().clearLabels().build() : batch)
              .toByteArray();
      records.add(new ProducerRecord<>(images, 0, name.getBytes(StandardCharsets.UTF_8), value));
    }
    serve(broker.config(topics, before), records.subList(0, 20), 20);
    ServiceConfig now = broker.config(topics, commands);
    serve(now, records.subList(20, 30), 30);
    Command delete = Command.newBuilder().setId("1").setKind(Command.Kind.DELETE).build();
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(now, metrics)) {
      broker.sendRecords(
          List.of(
              new ProducerRecord<>(
                  now.topics().commands(),
                  0,
                  "a".getBytes(StandardCharsets.UTF_8),
                  delete.toByteArray())));
      OracleBroker.awaitCommitted(service, now, now.topics().commands(), 1);
      broker.sendRecords(records.subList(30, 40)); // a begins again
      OracleBroker.awaitCommitted(service, now, 40);
    }

    VerificationReport report = Verifier.verify(now, Verifier.Scope.ALL);

    assertThat(report.disagreements()).isEmpty();
    assertThat(report.predictions()).isEqualTo(40);
    assertThat(report.models()).hasSize(4).allMatch(VerificationReport.Model::weightsCompared);
  }

  /** What a model has of them is compared as well: in the middle of it, and at the end. */
  @ParameterizedTest
  @CsvSource({
    "challenger, 0, 0, 660",
    "challenger, 0, 0, 800",
    "challenger, 2, 0, 1210", // the model of before the first change competes
    "challenger, 2, 50, 1300",
    "boost-rate, 0, 50, 700"
  })
  void givenAModelThatRespondsToDriftThenTheOracleAgrees(
      String response, String archive, String replay, int batches) {
    ServiceConfig config =
        broker.config(
            response + batches,
            Map.of(
                "model.drift.detector",
                "adwin",
                "model.drift.response",
                response,
                "model.drift.archive",
                archive,
                "model.learning-rate.initial",
                "0.05",
                "model.replay.images",
                replay));
    List<ImageBatch> all = new ArrayList<>();
    for (int i = 0; i < batches; i++) {
      byte[] pixels = new byte[4 * 4];
      byte[] labels = new byte[4];
      for (int image = 0; image < 4; image++) {
        pixels[4 * image + i % 3] = -1;
        pixels[4 * image + 3] = (byte) (i % 50);
        labels[image] = (byte) ((i + i / 600 % 2) % 3);
      }
      all.add(
          ImageBatch.newBuilder()
              .setHeight(2)
              .setWidth(2)
              .setPixels(ByteString.copyFrom(pixels))
              .setLabels(ByteString.copyFrom(labels))
              .build());
    }
    broker.serve(config, all, batches);

    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);

    assertThat(report.disagreements()).isEmpty();
    assertThat(report.predictions()).isEqualTo(batches);
    assertThat(report.models().get(0).weightsCompared()).isTrue();
  }

  private void serve(
      ServiceConfig config, List<ProducerRecord<byte[], byte[]>> records, long committed) {
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      broker.sendRecords(records);
      OracleBroker.awaitCommitted(service, config, committed);
    }
  }

  @Test
  void givenManyModelsOverPartitionsThenEachIsCompared() {
    ServiceConfig config =
        broker.config("many", Map.of("topics.partitions", "3", "models.m3.seed", "5"));
    List<ImageBatch> batches = TestBatches.labeled(300, 5);
    Random random = new Random(5);
    Map<String, Long> sent = new HashMap<>();
    ModelPartitions partitions = new ModelPartitions(config, 3);
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
      for (ImageBatch batch : batches) {
        int model = random.nextInt(8);
        // No key: the default model.
        String name = model == 0 ? "default" : "m" + model;
        byte[] key = model == 0 ? null : name.getBytes(StandardCharsets.UTF_8);
        int partition = partitions.of(name);
        boolean bad = random.nextInt(10) == 0;
        records.add(
            new ProducerRecord<>(
                config.topics().images(),
                partition,
                key,
                bad ? new byte[] {7} : batch.toByteArray()));
        sent.merge(bad ? "bad" : name, 1L, Long::sum);
      }
      broker.sendRecords(records);
      for (int partition = 0; partition < 3; partition++) {
        int in = partition;
        OracleBroker.awaitCommitted(
            service, config, in, records.stream().filter(r -> r.partition() == in).count());
      }
    }

    VerificationReport all = Verifier.verify(config, Verifier.Scope.ALL);

    assertThat(all.disagreements()).isEmpty();
    assertThat(all.models()).hasSize(7 + 1).allMatch(VerificationReport.Model::weightsCompared);
    assertThat(all.deadLetters()).isEqualTo(sent.getOrDefault("bad", 0L));
    assertThat(all.predictions()).isEqualTo(300 - all.deadLetters());
    VerificationReport one = Verifier.verify(config, Verifier.Scope.of("m3"));
    assertThat(one.disagreements()).isEmpty();
    assertThat(one.models()).extracting(VerificationReport.Model::name).containsExactly("m3");
    assertThat(one.predictions()).isEqualTo(sent.getOrDefault("m3", 0L));

    ServiceConfig other = broker.config("many", Map.of("models.m3.seed", "6"));
    assertThat(Verifier.verify(other, Verifier.Scope.ALL).disagreements())
        .isNotEmpty()
        .allMatch(d -> List.of("m3", "*").contains(d.model())); // and the number over all
  }
}
