package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * More models in one partition than memory has room for, interleaved; the service is killed on the
 * way, and whoever reads the predictions is restarted time and again.
 */
class ManyModelsIT {
  /** Of 134 kB each; the models in memory may take 77 MB of a heap of 256. */
  private static final int MODELS = 650;

  private static final String HEAP = "-Xmx256m";

  private static final String LAYERS = "model.layers=[4,1400,3]";
  private static final int BATCHES_PER_SECOND = 1000;
  private static final int KILLS = Form.of(1, 6);
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @TempDir private Path directory;

  @Test
  void everyModelIsAsIfItWereAloneAndEveryPredictionIsReadOnce() throws Exception {
    try (LearningStream stream = new LearningStream(directory, 1)) {
      Feed feed = stream.feed(MODELS, BATCHES_PER_SECOND);
      long unfinished = 0;
      for (int kill = 0; kill < KILLS; kill++) {
        Running service = stream.serveIn(HEAP, "a", LAYERS);
        long before = stream.committed();
        // Every model comes twice: swapped out, and read back.
        Awaitility.await().atMost(PATIENCE).until(() -> stream.committed() > before + 2 * MODELS);
        service.signal("KILL");
        unfinished += stream.lag();
        assertThat(stream.lag()).isPositive();
      }
      Running last = stream.serveIn(HEAP, "a", LAYERS);
      last.awaitOutput("Kafka Streams is (RUNNING)");
      try (PredictionReaders readers = new PredictionReaders(stream.server())) {
        stream.awaitProgress(PATIENCE);
        feed.stop();
        stream.awaitDrained(PATIENCE);
        long records = stream.records();
        readers.await(records, PATIENCE);

        assertThat(readers.inputs()).doesNotHaveDuplicates().hasSize((int) records);
        assertThat(readers.restarts()).isPositive();
        assertThat(new HashSet<>(readers.models())).hasSize(MODELS);
        assertThat(stream.verify(LAYERS))
            .contains("%d updates, %d predictions".formatted(records, records));
        Reliability.row(
            Reliability.Table.FAULTS,
            "%,d models interleaved, the service killed; a group of readers restarted %d times got each prediction once"
                .formatted(MODELS, readers.restarts()),
            Form.SEED,
            KILLS,
            records,
            unfinished,
            "agrees");
      }
    }
  }
}
