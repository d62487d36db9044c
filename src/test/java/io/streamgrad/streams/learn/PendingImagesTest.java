package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Moment;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.streams.input.TestInput;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.InputPositions;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which images are in memory; the log has none, so that no other can be got. */
class PendingImagesTest {
  /** An image of the model has four bytes. */
  private static final String TWO_IMAGES = "8";

  @TempDir private Path directory;

  @Test
  void theFirstStayAndTheirRoomIsThatOfOthersAfterwards() {
    ServiceConfig config = config(Map.of("labels.wait-bytes", TWO_IMAGES));
    try (PendingImages images = images(config)) {
      for (long offset = 0; offset < 3; offset++) {
        images.add("a", offset, image());
      }
      images.remove("a", 0);
      images.remove("a", 0);
      images.remove("b", 1);
      images.add("a", 3, image());
      images.add("a", 4, image());

      assertThat(has(images, config, 0, 1, 2, 3, 4))
          .isEqualTo(Map.of(0L, false, 1L, true, 2L, false, 3L, true, 4L, false));
    }
  }

  @Test
  void whatIsNoLongerWaitedForLeavesRoom() {
    ServiceConfig config =
        config(Map.of("labels.wait-bytes", TWO_IMAGES, "labels.wait-images", "1"));
    try (PendingImages images = images(config)) {
      LateLearning late = new LateLearning(config, new PartitionModels(config), images);
      ModelEntry model = new ModelEntry(ModelState.initial(config.model("a")), Lineage.NONE);
      Learner learner = new Learner(config.model("a"));
      for (long offset = 0; offset < 10; offset++) {
        late.keep(
            "a",
            model,
            new DecodedBatch(image(), "", null),
            learner.predict(model.state(), image()),
            new Event(InputPositions.of("images", 0, offset), offset, new Moment(offset, offset)),
            Effects.UNHEARD);
      }

      assertThat(has(images, config, 8, 9)).isEqualTo(Map.of(8L, false, 9L, true));
    }
  }

  private ServiceConfig config(Map<String, String> settings) {
    return TopologyRun.config(directory, settings);
  }

  private static PendingImages images(ServiceConfig config) {
    return new PendingImages(config, 0, new TestInput(0, 0, 0));
  }

  private static MiniBatch image() {
    return MiniBatch.of(4, new byte[4], null);
  }

  private static Map<Long, Boolean> has(
      PendingImages images, ServiceConfig config, long... offsets) {
    Map<Long, Boolean> has = new HashMap<>();
    for (long offset : offsets) {
      has.put(offset, images.get("a", offset, config) != null);
    }
    return has;
  }
}
