package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.chaos.Reliability;
import io.streamgrad.cli.StreamgradCommand;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.ImageBatch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The oracle over topics and offsets that are deleted, emptied, created again or shared. */
class MissingTopicsIT extends OracleTests {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(20, 3);
  private static final byte[] KEY = {'a'};

  @Test
  void givenTopicsThatAreEmptiedThenWhatIsLeftIsComparedOrItSaysThatNothingIs() throws Exception {
    ServiceConfig config = broker.config("emptied", Map.of());
    broker.serve(config, BATCHES, BATCHES.size());

    broker.deleteStart("emptied.predictions", -1);
    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.disagreements()).isEmpty();
    assertThat(report.notChecked()).isEqualTo(BATCHES.size());
    assertThat(report.predictions()).isZero();
    assertThat(report.models()).allMatch(VerificationReport.Model::weightsCompared);

    broker.deleteStart("emptied.images", -1);
    assertThatThrownBy(() -> Verifier.verify(config, Verifier.Scope.ALL))
        .isInstanceOf(VerificationException.class)
        .hasMessage(
            "nothing to compare: emptied.images-0 begins at offset 20, and committed is 20: all"
                + " that was learned from it is deleted");
    row("predictions and images emptied", 2, "compared as far as can be, or a sentence");
  }

  @Test
  void givenAMissingGroupOrTopicThenItIsNamed() throws Exception {
    ServiceConfig config = broker.config("missing", Map.of());
    broker.serve(config, BATCHES, BATCHES.size());

    broker.deleteTopic(ChangelogReader.topic("missing"));
    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.disagreements()).hasSize(1);
    assertThat(report.disagreements().get(0).toString())
        .startsWith("wrong lineage: model \"a\", input missing.images-0@0: ")
        .endsWith("no weights are stored");
    assertThat(report.notes())
        .contains(
            "missing-weights-changelog-0 does not exist: no weights are stored for"
                + " missing.images-0");
    assertThat(verifyCommand(config)).isEqualTo(3);

    broker.admin(admin -> admin.deleteConsumerGroups(List.of("missing")).all());
    VerificationReport groupless = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(groupless.disagreements()).hasSize(1);
    assertThat(groupless.disagreements().get(0).toString())
        .startsWith("extra prediction: model \"a\", input missing.images-0@19: ")
        .contains("committed is no offset: group missing has none for missing.images-0");

    broker.deleteTopic("missing.predictions");
    assertThatThrownBy(() -> Verifier.verify(config, Verifier.Scope.ALL))
        .isInstanceOf(VerificationException.class)
        .hasMessage("topic missing.predictions does not exist");
    assertThat(verifyCommand(config)).isEqualTo(1);
    row("changelog, group, and an output topic deleted", 3, "named, with offsets");
  }

  @Test
  void givenACommittedOffsetOutsideOfTheLogThenItIsWrong() throws Exception {
    ServiceConfig config = broker.config("outside", Map.of());
    broker.serve(config, BATCHES, BATCHES.size());

    commit("outside", 30);
    assertThat(OracleBroker.verify(config)).containsExactly("wrong offset 30");

    commit("outside", 20);
    broker.send("outside.images", BATCHES.stream().map(ImageBatch::toByteArray).toList());
    broker.deleteStart("outside.images", 25);
    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.disagreements()).hasSize(1);
    assertThat(report.disagreements().get(0).toString())
        .startsWith("wrong offset: model \"?\", input outside.images-0@20: ")
        .contains("before the start of the log, 25");
    assertThat(report.notes())
        .containsExactly(
            "outside.images-0: the stored weights of 1 models were not compared, the batches they"
                + " are of are deleted");

    broker.deleteTopic("outside.images");
    broker.createTopic("outside.images");
    broker.send(
        "outside.images", BATCHES.subList(0, 5).stream().map(ImageBatch::toByteArray).toList());
    assertThatThrownBy(() -> OracleBroker.verify(config))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("topic outside.images is not the one that the weights have learned");
    row("committed offset beyond the log, before it, and of a topic created again", 3, "found");
  }

  @Test
  void givenTwoApplicationsOnOneOutputThenTheOtherIsNamed() throws Exception {
    ServiceConfig one = broker.config("one", Map.of());
    broker.serve(one, BATCHES, BATCHES.size());
    ServiceConfig two =
        broker.config(
            "two", Map.of("topics.images", "one.images", "topics.predictions", "one.predictions"));
    broker.serve(two, List.of(), BATCHES.size());

    VerificationReport report = Verifier.verify(one, Verifier.Scope.ALL);

    assertThat(report.counts()).containsExactly(Map.entry(Disagreement.Kind.EXTRA_PREDICTION, 20L));
    assertThat(report.notes()).hasSize(1);
    assertThat(report.notes().get(0))
        .matches("another application writes to one\\.predictions too, .* id two-[^,]*: give .*");
    row(
        "two applications on one predictions topic",
        1,
        "extra predictions; the other one is named");
  }

  @Test
  void givenACompactedInputThenItSaysWhatThatMeans() {
    ServiceConfig config = broker.config("compacted", Map.of());
    broker.serve(config, BATCHES, BATCHES.size());
    ConfigResource images = new ConfigResource(ConfigResource.Type.TOPIC, "compacted.images");
    AlterConfigOp compact =
        new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.SET);
    broker.admin(admin -> admin.incrementalAlterConfigs(Map.of(images, List.of(compact))).all());

    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);

    assertThat(report.disagreements()).isEmpty();
    assertThat(report.notes()).hasSize(1);
    assertThat(report.notes().get(0)).startsWith("topic compacted.images is compacted: ");
  }

  @Test
  void givenATransactionThatIsOpenThenTheOracleWaitsForItsEnd() throws Exception {
    ServiceConfig config = broker.config("open", Map.of());
    broker.serve(config, BATCHES, BATCHES.size());
    Map<String, Object> client =
        Map.of(
            "bootstrap.servers",
            config.kafka().client("admin").get("bootstrap.servers"),
            "transactional.id",
            "somebody");
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      assertThat(producer.send(new ProducerRecord<>("open.predictions", KEY, new byte[] {7})))
          .succeedsWithin(Duration.ofSeconds(30));
      CompletableFuture<List<String>> verified =
          CompletableFuture.supplyAsync(() -> OracleBroker.verify(config));
      Awaitility.await()
          .during(Duration.ofSeconds(2))
          .atMost(Duration.ofSeconds(10))
          .until(() -> !verified.isDone());
      producer.abortTransaction();
      assertThat(verified.get(1, TimeUnit.MINUTES)).isEmpty();
    }
  }

  private static void commit(String group, long offset) {
    Map<TopicPartition, OffsetAndMetadata> offsets =
        Map.of(new TopicPartition(group + ".images", 0), new OffsetAndMetadata(offset));
    broker.admin(admin -> admin.alterConsumerGroupOffsets(group, offsets).all());
  }

  /** The exit code of the command. */
  private static int verifyCommand(ServiceConfig config) {
    List<String> arguments = new ArrayList<>(List.of("verify"));
    for (String setting :
        List.of(
            "application-id=" + config.applicationId(),
            "model.layers=[4, 5, 3]",
            "topics.images=" + config.topics().images(),
            "topics.predictions=" + config.topics().predictions(),
            "topics.dead-letters=" + config.topics().deadLetters(),
            "topics.snapshots=" + config.topics().snapshots(),
            "kafka.bootstrap.servers=" + config.kafka().client("admin").get("bootstrap.servers"))) {
      arguments.addAll(List.of("-c", setting));
    }
    return StreamgradCommand.run(arguments.toArray(String[]::new));
  }

  private static void row(String done, int times, String outcome) throws IOException {
    Reliability.row(Reliability.Table.KINDS, done, 3, times, "verify: " + outcome);
  }
}
