package io.streamgrad.streams.settings;

import io.streamgrad.recovery.ChangelogReader;

/**
 * The names in the topology. They are part of what is stored: topics and groups derive from them.
 */
public final class Nodes {
  public static final String IMAGES = "images";
  public static final String DECODE = "decode";
  public static final String LEARN = "learn";
  public static final String PREDICTIONS = "predictions";
  public static final String METRICS = "metrics";
  public static final String DEAD_LETTERS = "dead-letters";
  public static final String SNAPSHOTS = "snapshots";

  /** The store of the models' weights. */
  public static final String WEIGHTS = ChangelogReader.STORE;

  /** The store that is no more than the moment before a commit. */
  public static final String COMMIT = "commit";

  private Nodes() {}
}
