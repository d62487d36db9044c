package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The service is killed at random moments of its life, starting, restoring and learning again
 * included, while a stream goes on; then the oracle compares.
 */
class KillsIT {
  private static final int KILLS = Form.of(4, 64);
  private static final int IMAGES_PER_SECOND = 3000;

  /**
   * One record for every fetch, and states that are far behind: there is time to strike while
   * weights are restored and learned again.
   */
  private static final String[] SLOW_RESTORE = {
    "commit-interval=10ms",
    "kafka.restore.consumer.max.partition.fetch.bytes=1",
    "recovery-target=2m"
  };

  /** A moment may be missed, where a machine is busy: then it is tried again. */
  private static final int MOST_KILLS = 4 * KILLS;

  @TempDir private Path directory;

  @Test
  void afterEveryKillTheWeightsAreThoseOfARunThatNeverStopped() throws Exception {
    Random random = new Random(Form.SEED);
    int beforeRestored = 0;
    int whileRestoring = 0;
    int whileLearningAgain = 0;
    long unfinished = 0;
    try (LearningStream stream = new LearningStream(directory, 1)) {
      Running producer = stream.produce("digits", Form.SEED, Integer.MAX_VALUE, IMAGES_PER_SECOND);
      int kills = 0;
      while (kills < KILLS
          || (kills < MOST_KILLS
              && Math.min(beforeRestored, Math.min(whileRestoring, whileLearningAgain)) == 0)) {
        Running service = stream.serve("a", SLOW_RESTORE);
        Moment moment = Moment.values()[kills % Moment.values().length];
        moment.await(service, random);
        boolean asked =
            random.nextInt(4) == 0 && kills > 0; // or there would be nothing to learn again
        String signal = asked ? "TERM" : "KILL";
        service.signal(signal);
        String output = service.output();
        service.exit(Duration.ofSeconds(60));
        beforeRestored += output.contains("restoring ") ? 0 : 1;
        whileRestoring += output.contains("restoring ") && !output.contains("restored ") ? 1 : 0;
        whileLearningAgain +=
            output.contains("learning again ") && !output.contains("learned again") ? 1 : 0;
        long lag = stream.lag();
        unfinished += lag;
        assertThat(lag).as("batches that wait when kill %s strikes", kills).isPositive();
        kills++;
      }
      long records = stream.finish(producer, stream.serve("a"));

      assertThat(beforeRestored).isPositive();
      assertThat(whileRestoring).isPositive();
      assertThat(whileLearningAgain).isPositive();
      Reliability.row(
          Reliability.Table.FAULTS,
          "the service killed or terminated, %d times while it started, %d while it restored, %d while it learned again"
              .formatted(beforeRestored, whileRestoring, whileLearningAgain),
          Form.SEED,
          kills,
          records,
          unfinished,
          "agrees");
    }
  }

  /** When in its life an instance dies. */
  private enum Moment {
    LEARNING {
      @Override
      void await(Running service, Random random) {
        service.awaitOutput("Kafka Streams is (RUNNING)");
        letTimePass(random.nextInt(2500));
      }
    },
    LEARNING_AGAIN {
      @Override
      void await(Running service, Random random) {
        service.awaitOutput("Kafka Streams is (RUNNING)", Duration.ofMillis(2));
        long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
        while (System.nanoTime() < end && !service.output().contains("learning again")) {
          Thread.onSpinWait(); // after a graceful stop there is nothing
        }
        letTimePass(random.nextInt(Form.of(1, 300)));
      }
    },
    STARTING {
      @Override
      void await(Running service, Random random) {
        letTimePass(random.nextInt(1500));
      }
    },
    RESTORING {
      @Override
      void await(Running service, Random random) {
        service.awaitOutput("(restoring) ", Duration.ofMillis(2));
        letTimePass(random.nextInt(Form.of(1, 300)));
      }
    };

    abstract void await(Running service, Random random);

    /** A random moment is a span of time: there is no condition to wait for. */
    private static void letTimePass(int millis) {
      long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
      Awaitility.await().pollInterval(Duration.ofMillis(5)).until(() -> System.nanoTime() > end);
    }
  }
}
