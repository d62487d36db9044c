package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
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
