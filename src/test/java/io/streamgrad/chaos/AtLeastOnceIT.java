package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.model.Comparison;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.recovery.StateScan;
import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At-least-once, the owner of a partition is frozen for longer than its session; another takes over
 * and learns on; the first wakes in the middle of its work and writes its old models over the newer
 * ones. Whoever has the partition next learns what they lack.
 */
class AtLeastOnceIT {
  private static final int ROUNDS = Form.of(1, 5);
  private static final int KILLS = Form.of(2, 10);
  private static final int MODELS = 3;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  // A commit is then nearly always due when the owner wakes, with batches that are not in one yet.
  private static final String[] SETTINGS = {
    Feed.MODELS, "processing-guarantee=at_least_once", "commit-interval=1s"
  };

  @TempDir private Path directory;

  @Test
  void anOwnerThatWasFrozenLosesNothing() throws Exception {
    int learnedAgain = 0;
    try (LearningStream stream = new LearningStream(directory, 1)) {
      Running owner = serve(stream, "a");
      for (int round = 0; round < ROUNDS; round++) {
        Feed feed = stream.feed(MODELS, 200);
        stream.awaitProgress(PATIENCE);
        owner.signal("STOP");
        Running other = serve(stream, "b" + round); // gets the partition when the session is over
        stream.awaitProgress(PATIENCE);
        feed.stop(); // nobody writes the models after the one that wakes
        stream.awaitDrained(PATIENCE);
        int before = owner.output().length();
        owner.signal("CONT");
        owner.awaitOutput("(?s).{%d}.*is REBALANCING.*is (RUNNING)".formatted(before));

        other.signal("KILL"); // what it has in memory must not help
        owner.awaitOutput("(?s).{%d}.*(restored) ".formatted(before));
        Awaitility.await()
            .atMost(PATIENCE)
            .until(() -> owner.output().substring(before).contains("is RUNNING"));
        learnedAgain += owner.output().substring(before).contains("batches were missing") ? 1 : 0;
      }
      Feed last = stream.feed(MODELS, 200);
      stream.awaitProgress(PATIENCE);
      last.stop();
      stream.awaitDrained(PATIENCE);
      owner.terminate();

      VerificationReport report = Verifier.verify(config(stream), Verifier.Scope.ALL);
      assertThat(report.updates()).isEqualTo(stream.records());
      assertThat(report.models())
          .hasSize(MODELS)
          .allMatch(VerificationReport.Model::weightsCompared);
      assertThat(report.disagreements())
          .noneMatch(d -> d.kind() == Kind.WRONG_WEIGHTS || d.kind() == Kind.WRONG_LINEAGE);
      Reliability.row(
          Reliability.Table.KINDS,
          "at-least-once, the owner of a partition frozen for longer than its session",
          Form.SEED,
          ROUNDS,
          "weights of all %d batches, none twice; learned again from the log in %d of the rounds"
              .formatted(stream.records(), learnedAgain));
    }
  }

  /** Also where a crash has left states, comparison and offset of different moments. */
  @Test
  void aFollowerWhoseInstanceIsKilledIsComparedOnEachImageOnce() throws Exception {
    String[] settings = {
      Feed.MODELS,
      "processing-guarantee=at_least_once",
      "recovery-target=1s",
      "models.f.follows=m0",
      "outputs.followers=true"
    };
    try (LearningStream stream = new LearningStream(directory, 1)) {
      Feed feed = stream.feed(2, 200);
      for (int kill = 0; kill < KILLS; kill++) {
        Running service = stream.serve("a", settings);
        service.awaitOutput("Kafka Streams is (RUNNING)");
        stream.awaitProgress(PATIENCE);
        service.signal("KILL");
        service.exit(PATIENCE);
      }
      Running last = stream.serve("a", settings);
      last.awaitOutput("Kafka Streams is (RUNNING)");
      stream.awaitProgress(PATIENCE);
      feed.stop();
      stream.awaitDrained(PATIENCE);
      last.terminate();

      assertThat(stream.verify(settings)).contains("agrees: ");
      StateScan<ModelEntry> stored = stored(stream, "f");
      Comparison comparison = Objects.requireNonNull(stored.comparison());
      ModelState follower = Objects.requireNonNull(stored.states().get("f")).state();
      assertThat(follower.lifetime().batches()).isEqualTo((stream.records() + 1) / 2);
      assertThat(comparison.images()).isEqualTo(follower.lifetime().images());
      Reliability.row(
          Reliability.Table.KINDS,
          "at-least-once, the instance of a model and its follower killed",
          Form.SEED,
          KILLS,
          "all %d images of it compared, none twice".formatted(comparison.images()));
    }
  }

  private static StateScan<ModelEntry> stored(LearningStream stream, String model) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", stream.server(), "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      TopicPartition changelog = new TopicPartition(ChangelogReader.topic("streamgrad"), 0);
      return ChangelogReader.states(consumer, changelog, model::equals);
    }
  }

  private static Running serve(LearningStream stream, String name) throws Exception {
    Running instance = stream.serve(name, SETTINGS);
    instance.awaitOutput("Kafka Streams is (RUNNING)");
    return instance;
  }

  private static ServiceConfig config(LearningStream stream) {
    return ConfigLoader.load(
        null,
        Map.of(),
        Map.of(
            "kafka.bootstrap.servers",
            stream.server(),
            "model.layers",
            "[4,5,3]",
            "processing-guarantee",
            "at_least_once"));
  }
}
