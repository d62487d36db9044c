package io.streamgrad.config;

/**
 * How often a model's whole state is published.
 *
 * @param everyUpdates after so many updates; 0 for never
 */
public record SnapshotsConfig(int everyUpdates) {
  public SnapshotsConfig {
    Check.that(everyUpdates >= 0, "snapshots.every-updates", everyUpdates, "0 (never) or above");
  }

  /** Whether there are snapshots at all. */
  public boolean enabled() {
    return everyUpdates > 0;
  }

  /**
   * Whether one is due after some updates in a model's life, when there had been so many before.
   */
  public boolean due(long before, long updates) {
    return enabled() && before < updates && before / everyUpdates < updates / everyUpdates;
  }
}
