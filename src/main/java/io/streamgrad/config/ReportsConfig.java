package io.streamgrad.config;

import java.time.Duration;

/**
 * How often a model reports to the metrics topic: at whichever comes first.
 *
 * @param everyImages after so many images, 1 or above
 * @param every after so much time with at least one image in it
 */
public record ReportsConfig(int everyImages, Duration every) {
  public ReportsConfig {
    Check.that(everyImages >= 1, "reports.every-images", everyImages, "1 or above");
    Check.atLeastOneMillisecond(every, "reports.every");
  }
}
