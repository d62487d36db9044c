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
 */
public record DecodedBatch(MiniBatch batch, String batchId, @Nullable LateLabels some)
    implements Decoded {

  /** Whether there is something to learn from. */
  public boolean labeled() {
    return batch.labeled() || some != null;
  }

  /** The images that have labels; all of them is the batch itself. */
  public MiniBatch lesson() {
    return some == null ? batch : batch.of(Objects.requireNonNull(some.images()), some.labels());
  }

  /** What was predicted for the images that have labels. */
  public Prediction ofLesson(Prediction prediction) {
    return some == null ? prediction : prediction.of(Objects.requireNonNull(some.images()));
  }
}
