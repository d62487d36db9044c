package io.streamgrad.config;

/**
 * How many models an instance shows one by one at /metrics; the sums over all of them have no
 * limit.
 *
 * @param models with series of their own, 0 or above
 * @param detailedModels those of them with series for each class as well, 0 or above
 */
public record MetricsConfig(int models, int detailedModels) {
  public MetricsConfig {
    Check.that(models >= 0, "metrics.models", models, "0 or above");
    Check.that(detailedModels >= 0, "metrics.detailed-models", detailedModels, "0 or above");
  }
}
