package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A rolling upgrade in the middle of a stream: an instance of an earlier build learns, one of this
 * build joins it, the earlier one goes. From then on the earlier build refuses what is stored.
 */
class UpgradeIT {
  /** Of before positions, and of another Kafka Streams. */
  private static final String EARLIER = "8806fcf";

  private static final int PARTITIONS = 2;
  private static final int MODELS = 4;
  private static final int BATCHES_PER_SECOND = 100;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private static Path earlier;

  @TempDir private Path directory;

  @BeforeAll
  static void build() throws Exception {
    earlier = EarlierBuild.jar(EARLIER);
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "KILL, 137"})
  void aStreamGoesOnWhenItsServiceIsUpgraded(String signal, int exit) throws Exception {
    try (LearningStream stream = new LearningStream(directory, PARTITIONS)) {
      Feed feed = stream.feed(MODELS, BATCHES_PER_SECOND);
      Running before = stream.serve(earlier, "before", Feed.MODELS);
      before.awaitOutput("Kafka Streams is (RUNNING)");
      stream.awaitProgress(PATIENCE);
      long learnedBefore = stream.committed();

      Running after = stream.serve("after", Feed.MODELS);
      after.awaitOutput("(restored) "); // one of the partitions
      stream.awaitProgress(PATIENCE); // with both at work
      before.signal(signal);
      assertThat(before.exit(PATIENCE)).as(before.output()).isEqualTo(exit);
      stream.awaitProgress(PATIENCE);
      feed.stop();
      stream.awaitDrained(PATIENCE);
      after.terminate();

      Running back = stream.serve(earlier, "before", Feed.MODELS);
      assertThat(back.exit(PATIENCE)).isEqualTo(1);
      assertThat(back.output()).contains("stored model has layout version");

      long records = stream.records();
      assertThat(learnedBefore).isPositive();
      assertThat(stream.verify(Feed.MODELS))
          .contains("%d updates, %d predictions".formatted(records, records));
      Reliability.row(
          Reliability.Table.KINDS,
          "a rolling upgrade from build %s, the earlier instance ended by SIG%s"
              .formatted(EARLIER, signal),
          Form.SEED,
          1,
          "agrees; %d batches, the earlier build refuses to go back".formatted(records));
    }
  }
}
