package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.v1.Setting;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that come one by one and are learned together. */
class BatchingTest {
  private static final Map<String, String> FOUR = Map.of("model.batch-size", "4");

  @TempDir private Path directory;

  @Test
  void imagesArePredictedAtOnceAndLearnedByFours() {
    List<ImageBatch> images = images(10);
    try (TopologyRun run = new TopologyRun(directory, FOUR)) {
      images.forEach(image -> run.send("a", image));

      assertThat(run.predictions())
          .extracting(PredictionBatch::getModelVersion)
          .containsExactly(0L, 0L, 0L, 0L, 1L, 1L, 1L, 1L, 2L, 2L);
      assertThat(run.predictions()).allMatch(PredictionBatch::hasScore);
      ModelState state = run.model("a").state();
      assertThat(state.lifetime().snapshot().images()).isEqualTo(10);
      assertThat(state.progress().imagesLearned).isEqualTo(8);
      assertThat(state.progress().batchesLearned).isEqualTo(2);
      assertThat(run.metrics().scrape())
          .contains("streamgrad_all_learned_images_total 8.0")
          .contains("streamgrad_all_learned_batches_total 2.0")
          .contains("streamgrad_all_images_total 10.0");
      assertLearned(run, joined(images.subList(0, 4)), joined(images.subList(4, 8)));
    }
  }

  @Test
  void recordsStayWholeAndLargeOnesAreLearnedAlone() {
    List<ImageBatch> images = images(16);
    ImageBatch five = joined(images.subList(0, 5));
    ImageBatch three = joined(images.subList(5, 8));
    ImageBatch alsoThree = joined(images.subList(8, 11));
    ImageBatch one = images.get(11);
    ImageBatch four = joined(images.subList(12, 16));
    try (TopologyRun run = new TopologyRun(directory, FOUR)) {
      for (ImageBatch record : List.of(five, three, alsoThree, one, four)) {
        run.send("a", record);
      }

      assertLearned(run, five, joined(images.subList(5, 11)), joined(images.subList(11, 16)));
    }
  }

  @Test
  void aRecordThatComesLaterByTheWaitClosesWhatWaits() {
    List<ImageBatch> images = images(5);
    Map<String, String> settings = Map.of("model.batch-size", "4", "model.batch-wait", "2s");
    try (TopologyRun run = new TopologyRun(directory, settings)) {
      long[] times = {10_000, 11_999, 9_000, 12_000, 13_000};
      for (int i = 0; i < times.length; i++) {
        run.send("a", images.get(i), times[i]);
      }

      assertThat(run.predictions())
          .extracting(PredictionBatch::getModelVersion)
          .containsExactly(0L, 0L, 0L, 0L, 1L);
      assertThat(waiting(run)).isEqualTo(2);
      assertLearned(run, joined(images.subList(0, 3)));
    }
  }

  @Test
  void whileAModelIsPausedNothingIsKeptForLater() {
    List<ImageBatch> images = images(8);
    Map<String, String> settings =
        Map.of("model.batch-size", "4", "topics.commands", "streamgrad.commands");
    try (TopologyRun run = new TopologyRun(directory, settings)) {
      images.subList(0, 2).forEach(image -> run.send("a", image));
      run.send("a", command(Command.Kind.PAUSE).build());
      images.subList(2, 6).forEach(image -> run.send("a", image));
      assertThat(waiting(run)).isEqualTo(2);
      run.send("a", command(Command.Kind.RESUME).build());
      run.send("a", images.get(6));
      run.send("a", images.get(7));

      List<ImageBatch> learned = new ArrayList<>(images.subList(0, 2));
      learned.addAll(images.subList(6, 8));
      assertLearned(run, joined(learned));
    }
  }

  @Test
  void aSmallerSizeThatIsSetClosesWhatWaitsWithTheNextImage() {
    List<ImageBatch> images = images(4);
    Map<String, String> settings =
        Map.of("model.batch-size", "9", "topics.commands", "streamgrad.commands");
    try (TopologyRun run = new TopologyRun(directory, settings)) {
      images.subList(0, 3).forEach(image -> run.send("a", image));
      run.send(
          "a",
          command(Command.Kind.SET)
              .addSettings(Setting.newBuilder().setKey("batch-size").setValue("2"))
              .build());
      run.send("a", images.get(3));

      assertLearned(run, joined(images));
    }
  }

  @Test
  void imagesWhoseLabelsComeLaterAreLearnedTogetherToo() {
    List<ImageBatch> images = images(4);
    Map<String, String> settings =
        Map.of("model.batch-size", "4", "topics.labels", "streamgrad.labels");
    try (TopologyRun run = new TopologyRun(directory, settings)) {
      for (ImageBatch image : images) {
        run.send("a", image.toBuilder().clearLabels().build());
      }
      for (int i = 0; i < 4; i++) {
        run.send(
            "a",
            LabelBatch.newBuilder()
                .setInput(InputPosition.newBuilder().setOffset(i))
                .setLabels(images.get(i).getLabels())
                .build(),
            0);
      }

      assertLearned(run, joined(images));
    }
  }

  @Test
  void whatWaitsIsStoredAndGoesOnToTheSameBits() {
    List<ImageBatch> images = images(7);
    try (TopologyRun run = new TopologyRun(directory, FOUR)) {
      images.forEach(image -> run.send("a", image));
      byte[] stored = ModelCodec.encode(run.model("a"));

      ModelEntry restored = ModelCodec.decode(stored);

      assertThat(ModelCodec.encode(restored)).isEqualTo(stored);
      assertThat(restored.state().open()).isNotNull();
      assertThat(restored.state().open().batch().pixels())
          .startsWith(joined(images.subList(4, 7)).getPixels().toByteArray());
      assertThat(ModelCodec.stateSha256(restored))
          .isEqualTo(ModelCodec.stateSha256(run.model("a")));
    }
  }

  /** Whoever may write commands may bring such a state, too. */
  @Test
  void aStoredLabelThatTheModelHasNotIsRefused() {
    try (TopologyRun run = new TopologyRun(directory, FOUR)) {
      images(2).forEach(image -> run.send("a", image));
      byte[] stored = ModelCodec.encode(run.model("a"));
      int labels = stored.length - 2 * (1 + 4); // the section is the last
      stored[labels] = 3;

      assertThatThrownBy(() -> ModelCodec.decode(stored))
          .isInstanceOf(UnreadableStateException.class)
          .hasMessageContaining("label 3, of 3 classes");
      stored[labels - 4] = 1; // of two
      assertThatThrownBy(() -> ModelCodec.decode(stored))
          .isInstanceOf(UnreadableStateException.class)
          .hasMessageContaining("1 images that wait to be learned, in 10 bytes");
    }
  }

  private static int waiting(TopologyRun run) {
    var open = run.model("a").state().open();
    return open == null ? 0 : open.images();
  }

  private static void assertLearned(TopologyRun run, ImageBatch... batches) {
    assertThat(ModelCodec.weightsSha256(run.model("a")))
        .isEqualTo(TestBatches.learnedSha256(run.config(), "a", List.of(batches)));
  }

  private static Command.Builder command(Command.Kind kind) {
    return Command.newBuilder().setKind(kind).setId(kind.name());
  }

  /** Records of one image. */
  private static List<ImageBatch> images(int count) {
    List<ImageBatch> images = new ArrayList<>();
    for (ImageBatch batch : TestBatches.labeled(count, 31)) {
      images.add(
          batch.toBuilder()
              .setPixels(batch.getPixels().substring(0, 4))
              .setLabels(batch.getLabels().substring(0, 1))
              .build());
    }
    return images;
  }

  private static ImageBatch joined(List<ImageBatch> records) {
    ByteString pixels = ByteString.EMPTY;
    ByteString labels = ByteString.EMPTY;
    for (ImageBatch record : records) {
      pixels = pixels.concat(record.getPixels());
      labels = labels.concat(record.getLabels());
    }
    return records.get(0).toBuilder().setPixels(pixels).setLabels(labels).build();
  }
}
