package io.streamgrad.topology;

import io.streamgrad.store.WeightsStore;

/**
 * The names in the topology. They are part of what is stored: topics and groups derive from them.
 */
public final class Nodes {
  static final String IMAGES = "images";
  static final String DECODE = "decode";
  static final String LEARN = "learn";
  static final String PREDICTIONS = "predictions";
  static final String METRICS = "metrics";
  static final String DEAD_LETTERS = "dead-letters";
  static final String SNAPSHOTS = "snapshots";

  /** The store of the models' weights. */
  public static final String WEIGHTS = WeightsStore.NAME;

  private Nodes() {}
}
