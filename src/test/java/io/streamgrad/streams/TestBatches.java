package io.streamgrad.streams;

import com.google.protobuf.ByteString;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.v1.ImageBatch;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Seeded batches of 2 x 2 images in three classes, and what a plain learner makes of them. */
public final class TestBatches {
  private TestBatches() {}

  public static List<ImageBatch> labeled(int count, long seed) {
    Random random = new Random(seed);
    return IntStream.range(0, count).mapToObj(i -> labeled(random)).toList();
  }

  private static ImageBatch labeled(Random random) {
    int images = 1 + random.nextInt(9);
    byte[] pixels = new byte[4 * images];
    random.nextBytes(pixels);
    byte[] labels = new byte[images];
    for (int i = 0; i < images; i++) {
      labels[i] = (byte) random.nextInt(3);
    }
    return ImageBatch.newBuilder()
        .setHeight(2)
        .setWidth(2)
        .setPixels(ByteString.copyFrom(pixels))
        .setLabels(ByteString.copyFrom(labels))
        .build();
  }

  /** The hash of the weights after these batches, learned without Kafka. */
  public static String learnedSha256(ServiceConfig config, String name, List<ImageBatch> batches) {
    ModelSpec model = config.model(name);
    ModelState state = ModelState.initial(model);
    Learner learner = new Learner(model);
    for (ImageBatch batch : batches) {
      MiniBatch mini =
          MiniBatch.of(4, batch.getPixels().toByteArray(), batch.getLabels().toByteArray());
      Steps.take(learner, state, mini);
    }
    return ModelCodec.weightsSha256(new ModelEntry(state, Lineage.NONE));
  }
}
