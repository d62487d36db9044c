package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.streamgrad.Running;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Harm to the state directory, while the service runs and while it is stopped. Nothing depends on
 * it: weights are in memory and in the changelog.
 */
class StateDirectoryIT {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir private static Path directory;
  private static LearningStream stream;

  @BeforeAll
  static void startBroker() throws Exception {
    stream = new LearningStream(directory, 1);
  }

  @AfterAll
  static void stopBroker() {
    stream.close();
  }

  @ParameterizedTest
  @EnumSource
  void theServiceLearnsOnWhateverHappensToItsStateDirectory(Damage damage) throws Exception {
    assumeTrue(Form.LONG || damage == Damage.TRUNCATED, "in the long form");
    assumeTrue(!damage.mounts() || System.getProperty("user.name").equals("root"), "only as root");
    String name = damage.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    Path state = stream.state(name);
    long lag;
    Feed feed = stream.feed(4, 100);
    try {
      Running service = stream.serve(name, Feed.MODELS);
      stream.awaitProgress(PATIENCE);
      damage.to(state);
      lag = stream.lag();
      stream.awaitProgress(PATIENCE);
      service.signal("KILL");
      lag += stream.lag();

      Running next = stream.serve(name, Feed.MODELS);
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
