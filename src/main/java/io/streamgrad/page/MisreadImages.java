package io.streamgrad.page;

import com.google.protobuf.ByteString;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.ImageRecords;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The images that were misread last, some of each model. Thread-safe. */
final class MisreadImages {
  static final int OF_A_MODEL = 24;
  private static final int OF_A_BATCH = 4; // others have their turn, too
  private static final int MAX_SIDE = 64;
  private static final int COLORS = 3;

  private final Map<String, Deque<Misread>> models = new HashMap<>(); // the latest first
  private long found;

  /** Takes the images of a batch that were misread; does nothing where it can't be shown. */
  synchronized void add(PredictionBatch prediction, ImageBatch batch) {
    int count = prediction.getClassesCount();
    int height = batch.getHeight();
    int width = batch.getWidth();
    int channels = Math.max(1, batch.getChannels());
    if (height > MAX_SIDE
        || width > MAX_SIDE
        || batch.getLabels().size() != count
        || prediction.getConfidencesCount() != count
        || (channels != 1 && channels != COLORS)
        || batch.getPixels().size() != count * height * width * channels) {
      return;
    }
    int bytes = height * width * channels;
    Set<Integer> unlabeled = new HashSet<>(batch.getUnlabeledList());
    ByteString pixels = ImageRecords.interleaved(batch, count);
    Deque<Misread> images =
        models.computeIfAbsent(prediction.getModel(), name -> new ArrayDeque<>());
    int taken = 0;
    for (int i = 0; i < count && taken < OF_A_BATCH; i++) {
      int label = Byte.toUnsignedInt(batch.getLabels().byteAt(i));
      if (label != prediction.getClasses(i) && !unlabeled.contains(i)) {
        images.addFirst(
            new Misread(
                ++found,
                prediction.getModel(),
                prediction.getInput().getPartition(),
                prediction.getInput().getOffset(),
                i,
                label,
                prediction.getClasses(i),
                prediction.getConfidences(i),
                height,
                width,
                copy(pixels, i * bytes, bytes)));
        taken++;
      }
    }
    while (images.size() > OF_A_MODEL) {
      images.removeLast();
    }
  }

  /** Some bytes, without the others. */
  private static ByteString copy(ByteString pixels, int from, int length) {
    return ByteString.copyFrom(pixels.substring(from, from + length).toByteArray());
  }

  /** Those of a model, the latest first. */
  synchronized List<Misread> of(String model) {
    Deque<Misread> images = models.get(model);
    return images == null ? List.of() : List.copyOf(images);
  }

  /** Forgets the models that nobody looks at. */
  synchronized void keep(Set<String> wanted) {
    models.keySet().retainAll(wanted);
  }
}
