package io.streamgrad.config;

import io.streamgrad.model.PendingLimits;
import java.time.Duration;

/**
 * How long labels are waited for that come after their images.
 *
 * @param waitImages of a model, the last so many
 * @param waitTime by the records' time stamps
 * @param waitBytes of pixels that a partition keeps; others are read again from the images topic
 */
public record LabelsConfig(int waitImages, Duration waitTime, long waitBytes) {
  public LabelsConfig {
    Check.that(waitImages >= 1, "labels.wait-images", waitImages, "1 or above");
    Check.atLeastOneMillisecond(waitTime, "labels.wait-time");
    Check.that(waitBytes >= 0, "labels.wait-bytes", waitBytes, "0 or above");
  }

  /** The limits of a model. */
  public PendingLimits limits() {
    return new PendingLimits(waitImages, waitTime.toMillis());
  }
}
