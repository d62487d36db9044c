package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.streamgrad.Running;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Harm to the state directory, while the service runs and while it is stopped. Nothing depends on
 * it: weights are in memory and in the changelog.
 */
class StateDirectoryIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource
  void theServiceLearnsOnWhateverHappensToItsStateDirectory(Damage damage) throws Exception {
    assumeTrue(Form.LONG || damage == Damage.UNREADABLE, "in the long form");
    assumeTrue(!damage.mounts() || System.getProperty("user.name").equals("root"), "only as root");
    String name = damage.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    try (LearningStream stream = new LearningStream(directory, 1)) {
      Path state = stream.state(name);
      Feed feed = stream.feed(4, 100);
      Running service = stream.serve(name, Feed.MODELS);
      service.awaitOutput("Kafka Streams is (RUNNING)");
      stream.awaitProgress(PATIENCE);
      long lag = 0;
      try {
        damage.to(state);
        lag = stream.lag();
        stream.awaitProgress(PATIENCE);
        service.signal("KILL");
        lag += stream.lag();

        Running next = stream.serve(name, Feed.MODELS);
        next.awaitOutput("Kafka Streams is (RUNNING)");
        stream.awaitProgress(PATIENCE);
        feed.stop();
        stream.awaitDrained(PATIENCE);
        assertThat(next.terminate()).isEqualTo(143);
        assertThat(next.output()).contains("restored ");
      } finally {
        damage.undo(state);
      }
      long records = stream.records();

      assertThat(lag).isPositive();
      assertThat(stream.verify(Feed.MODELS))
          .contains("%d updates, %d predictions".formatted(records, records));
      Reliability.row(
          Reliability.Table.FAULTS,
          "state directory %s, while running, and again while stopped".formatted(name),
          Form.SEED,
          2,
          records,
          lag,
          "agrees");
    }
  }
}
