package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Alone;
import io.streamgrad.Running;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three times as much input as the service can take: it falls behind in a heap of 512 MB, and
 * catches up.
 */
@Alone
class LoadIT {
  private static final Duration OVERLOAD = Duration.ofSeconds(Form.of(4, 60));
  private static final int WARMUP_BATCHES = Form.of(1500, 5000);
  private static final int BATCH = 16;
  private static final String NETWORK = "model.layers=[784,256,128,10]";

  @TempDir private Path directory;

  @Test
  void whatComesTooFastIsLearnedLater() throws Exception {
    try (LearningStream stream = new LearningStream(directory, 1)) {
      Running service = stream.serve("a", NETWORK);
      service.awaitOutput("Kafka Streams is (RUNNING)");
      stream
          .produce("digits", Form.SEED, BATCH * WARMUP_BATCHES, 1_000_000)
          .exit(Duration.ofMinutes(1));
      stream.awaitCommitted(WARMUP_BATCHES / 2, Duration.ofMinutes(5), service); // is compiled now
      long left = stream.lag();
      long start = System.nanoTime();
      stream.awaitDrained(Duration.ofMinutes(5));
      double rate = left / ((System.nanoTime() - start) / 1e9); // batches a second

      int overload = (int) (3 * rate * OVERLOAD.toSeconds());
      stream
          .produce("digits", Form.SEED + 1, BATCH * overload, (int) (3 * rate * BATCH))
          .exit(OVERLOAD.multipliedBy(5));
      long lag = stream.lag();
      assertThat(lag)
          .as("of %d batches, at %.0f a second", overload, rate)
          .isGreaterThan(overload / 3);
      stream.awaitDrained(OVERLOAD.multipliedBy(20));
      assertThat(service.output()).doesNotContain("OutOfMemoryError");
      assertThat(service.terminate()).isEqualTo(143);
      long records = stream.records();

      assertThat(stream.verify(NETWORK))
          .contains("agrees: %d updates, %d predictions".formatted(records, records));
      Reliability.row(
          Reliability.Table.FAULTS,
          "three times the input that the service takes, for %d s, with -Xmx512m"
              .formatted(OVERLOAD.toSeconds()),
          Form.SEED,
          1,
          records,
          lag,
          "agrees");
    }
  }
}
