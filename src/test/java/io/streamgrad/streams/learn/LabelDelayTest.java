package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.dataset.Split;
import io.streamgrad.learner.Learner;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.streams.input.InputLogs;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.input.TestInput;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.LabelBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * MNIST with labels that come so many images later: what it costs is the untrained start. The
 * figures are of a loop in C over five seeds; this is one seed.
 */
class LabelDelayTest {
  private static final int BATCH_SIZE = 16;

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({"0, 89.4, 92.8", "96, 89.2, 92.8", "992, 88.0, 92.8", "10000, 75.5, 92.5"})
  void itLearnsAsWellAsALoopThatWaitsAsLong(int delay, double prequential, double heldOut) {
    Map<String, String> settings =
        Map.of("topics.labels", "streamgrad.labels", "model.layers", "[784, 10, 10]");
    try (TopologyRun run = new TopologyRun(directory, settings, LabelDelayTest::processor)) {
      List<Batch> batches = new ArrayList<>();
      Batches.of(Datasets.mnist(Split.TRAIN), BATCH_SIZE).forEach(batches::add);
      int later = delay / BATCH_SIZE;
      for (int i = 0; i < batches.size() + later; i++) {
        if (i < batches.size()) {
          run.send("a", images(batches.get(i)));
        }
        if (i >= later) {
          run.send("a", labels(batches.get(i - later), i - later), 0);
        }
      }
      ModelState state = run.model("a").state();
      assertThat(state.version()).isEqualTo(batches.size());
      assertThat(100 * state.lifetime().snapshot().accuracy()).isCloseTo(prequential, within(1.0));
      assertThat(100 * heldOut(run, state)).isCloseTo(heldOut, within(1.0));
    }
  }

  /** One that writes states now and then: the driver keeps all that is written. */
  private static LearnProcessor processor(ServiceConfig config, ServiceMetrics metrics) {
    return new LearnProcessor(
        config,
        TopologyRun.partitions(config),
        metrics,
        new LearnStep(config, metrics),
        new RunningTasks(),
        new InputLogs(log("streamgrad.images"), log("streamgrad.labels")),
        LearnProcessor.ON_THE_WAY);
  }

  private static TestInput log(String topic) {
    return new TestInput(new LogState(topic, TestInput.ID, 0, 1, 0, 100_000, -1));
  }

  private static double heldOut(TopologyRun run, ModelState state) {
    ImageDataset test = Datasets.mnist(Split.TEST);
    Learner learner = new Learner(run.config().model("a"));
    int correct = 0;
    for (Batch batch : Batches.of(test, 500)) {
      MiniBatch images = MiniBatch.of(784, batch.pixels(), batch.labels());
      correct += Evaluation.of(learner.predict(state, images), images).correct();
    }
    return correct / 10_000.0;
  }

  private static ImageBatch images(Batch batch) {
    return ImageBatch.newBuilder()
        .setHeight(28)
        .setWidth(28)
        .setPixels(ByteString.copyFrom(batch.pixels()))
        .build();
  }

  private static LabelBatch labels(Batch batch, int offset) {
    return LabelBatch.newBuilder()
        .setInput(InputPosition.newBuilder().setOffset(offset))
        .setLabels(ByteString.copyFrom(batch.labels()))
        .build();
  }
}
