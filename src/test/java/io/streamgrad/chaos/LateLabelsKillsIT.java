package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two instances learn from labels that come later, some of them twice, and obey commands of every
 * kind among them, also such that a follower and its leader change places; one of them is killed,
 * or removed, time and again, and comes back; then the oracle compares.
 */
class LateLabelsKillsIT {
  private static final int ROUNDS = Form.of(2, 20);
  private static final int PARTITIONS = 2;
  private static final int MODELS = 6;
  private static final int BATCHES_PER_SECOND = 150;
  private static final int DELAY = 400; // batches
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Some pixels in memory, the others are read again; two models learn records together. */
  private static final String[] SETTINGS = {
    Feed.MODELS,
    Feed.LATE_LABELS,
    Feed.COMMANDS,
    Feed.FOLLOWER,
    "models.f.learning-rate.initial=0.02",
    "outputs.followers=true",
    "labels.wait-bytes=4000",
    "models.m1.batch-size=17",
    "models.m2.batch-size=40",
    "models.m2.batch-wait=300ms",
    "snapshots.every-updates=50"
  };

  @TempDir private Path directory;

  @Test
  void afterEveryKillTheWeightsAreThoseOfARunThatNeverStopped() throws Exception {
    long unfinished = 0;
    try (LearningStream stream = new LearningStream(directory, PARTITIONS)) {
      Feed feed = stream.feedLate(MODELS, BATCHES_PER_SECOND, DELAY);
      Running stays = add(stream, "a");
      Running goes = add(stream, "b");
      for (int round = 0; round < ROUNDS; round++) {
        for (String signal : new String[] {"KILL", "TERM"}) {
          stream.awaitProgress(PATIENCE);
          goes.signal(signal);
          long lag = stream.lag(LearningStream.LABELS);
          unfinished += lag;
          assertThat(lag).as("labels that wait when %s strikes", signal).isPositive();
          goes.exit(PATIENCE);
          stream.awaitProgress(PATIENCE);
          goes = add(stream, "b");
        }
      }
      feed.stop();
      stream.awaitDrained(PATIENCE);
      Awaitility.await().atMost(PATIENCE).until(() -> stream.lag(LearningStream.LABELS) == 0);
      Awaitility.await().atMost(PATIENCE).until(() -> stream.lag(LearningStream.COMMANDS) == 0);
      stays.terminate();
      goes.terminate();

      long labels = stream.records(LearningStream.LABELS);
      long commands = stream.records(LearningStream.COMMANDS);
      assertThat(labels).isGreaterThan(DELAY);
      String verified = stream.verify(SETTINGS);
      assertThat(verified)
          .contains("agrees", "%d predictions".formatted(stream.records() + ofFollower(stream)));
      assertThat(effects(verified))
          .isGreaterThanOrEqualTo(labels + commands); // labels that came early have two
      Reliability.row(
          Reliability.Table.FAULTS,
          "of two instances that learn from labels %d batches late and obey commands, with a follower, one killed and removed in turn"
              .formatted(DELAY),
          Form.SEED,
          2 * ROUNDS,
          labels,
          unfinished,
          "agrees");
    }
  }

  /** It predicts every batch of the first model. */
  private static long ofFollower(LearningStream stream) throws Exception {
    return (stream.records() + MODELS - 1) / MODELS;
  }

  private static long effects(String verified) {
    Matcher matcher = Pattern.compile(" (\\d+) effects of labels").matcher(verified);
    assertThat(matcher.find()).as(verified).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  private static Running add(LearningStream stream, String name) throws Exception {
    Running instance = stream.serve(name, SETTINGS);
    instance.awaitOutput("Kafka Streams is (RUNNING)");
    return instance;
  }
}
