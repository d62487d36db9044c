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
 * The service is killed at random moments of its life, starting and restoring included, while a
 * stream goes on; then the oracle compares.
 */
class KillsIT {
  private static final int KILLS = Form.of(4, 24);
  private static final int IMAGES_PER_SECOND = 3000;

  @TempDir private Path directory;

  @Test
  void afterEveryKillTheWeightsAreThoseOfARunThatNeverStopped() throws Exception {
    Random random = new Random(Form.SEED);
    try (LearningStream stream = new LearningStream(directory, 1)) {
      Running producer = stream.produce("digits", Form.SEED, Integer.MAX_VALUE, IMAGES_PER_SECOND);
      int beforeRunning = 0;
      long unfinished = 0;
      for (int kill = 0; kill < KILLS; kill++) {
        Running service = stream.serve("a");
        // Every third one dies young: while it starts, joins or restores.
        boolean young = kill % 3 == 2;
        if (!young) {
          service.awaitOutput("Kafka Streams is (RUNNING)");
        }
        letTimePass(random.nextInt(young ? 4000 : 2500));
        boolean terminate = random.nextInt(4) == 0;
        beforeRunning += service.output().contains("is RUNNING") ? 0 : 1;
        service.signal(terminate ? "TERM" : "KILL");
        service.exit(Duration.ofSeconds(60));
        long lag = stream.lag();
        unfinished += lag;
        assertThat(lag).as("batches that wait when kill %s strikes", kill).isPositive();
      }
      producer.terminate();
      try (Running service = stream.serve("a")) {
        stream.awaitDrained(Duration.ofMinutes(2));
        service.terminate();
      }
      long records = stream.records();

      assertThat(stream.verify())
          .contains("agrees: %d updates, %d predictions".formatted(records, records));
      Reliability.row(
          Reliability.Table.FAULTS,
          "the service killed or terminated, %d times before it ran".formatted(beforeRunning),
          Form.SEED,
          KILLS,
          records,
          unfinished,
          "agrees");
    }
  }

  /** A random moment is a span of time: there is no condition to wait for. */
  private static void letTimePass(int millis) {
    long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
    Awaitility.await().pollInterval(Duration.ofMillis(20)).until(() -> System.nanoTime() > end);
  }
}
