package io.streamgrad.wire;

import io.streamgrad.model.LateLabels;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.Prediction;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A record of the images topic, found to be good.
 *
 * @param batch whose bytes lie in the record's value, if that is Protobuf; with labels if all
 *     images have one
 * @param batchId what the producer called it; may be empty
 * @param some labels, where some images have one and others have not; null where all or none have
 * @param lesson the images that have labels: the batch itself, if all have one, or a copy of some;
 *     null where none has
 */
public record DecodedBatch(
    MiniBatch batch, String batchId, @Nullable LateLabels some, @Nullable MiniBatch lesson)
    implements Decoded {

  /** The lesson is what has a label, in the batch or by what is said of some. */
  public DecodedBatch(MiniBatch batch, String batchId, @Nullable LateLabels some) {
    this(batch, batchId, some, lesson(batch, some));
  }

  private static @Nullable MiniBatch lesson(MiniBatch batch, @Nullable LateLabels some) {
    if (some != null) {
      return batch.of(Objects.requireNonNull(some.images()), some.labels());
    }
    return batch.labeled() ? batch : null;
  }

  /** Whether there is something to learn from. */
  public boolean labeled() {
    return lesson != null;
  }

  /** The places in the batch of the images that have labels; null: all, in their order. */
  public int @Nullable [] placesOfLesson() {
    return some == null ? null : some.images();
  }

  /** What was predicted for the images that have labels. */
  public Prediction ofLesson(Prediction prediction) {
    return some == null ? prediction : prediction.of(Objects.requireNonNull(some.images()));
  }
}
