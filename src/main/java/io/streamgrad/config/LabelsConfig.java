package io.streamgrad.config;

import io.streamgrad.model.PendingLimits;
import java.time.Duration;

/**
 * How long labels are waited for that come after their images.
 *
 * @param waitImages of a model, the last so many
 * @param waitTime by the records' time stamps
 * @param memory bytes of pixels that a partition keeps; others are read again from the images topic
 */
public record LabelsConfig(int waitImages, Duration waitTime, long memory) {
  public LabelsConfig {
    Check.that(waitImages >= 1, "labels.wait-images", waitImages, "1 or above");
    Check.atLeastOneMillisecond(waitTime, "labels.wait-time");
    Check.that(memory >= 0, "labels.memory", memory, "0 or above");
  }

  /** The limits of a model. */
  public PendingLimits limits() {
    return new PendingLimits(waitImages, waitTime.toMillis());
  }
}
