package io.streamgrad.streams.settings;

import io.streamgrad.recovery.ChangelogReader;

/**
 * The names in the topology. They are part of what is stored: topics and groups derive from them.
 */
public final class Nodes {
  /** The source, of the images topic. */
  public static final String IMAGES = "images";

  /** The source, of the labels topic. */
  public static final String LABELS = "labels";

  /** The processor that makes labels of records. */
  public static final String DECODE_LABELS = "decode-labels";

  /** The source, of the commands topic. */
  public static final String COMMANDS = "commands";

  /** The processor that makes commands of records. */
  public static final String DECODE_COMMANDS = "decode-commands";

  /** The sink of what came of labels and commands. */
  public static final String APPLIED = "applied";

  /** The processor that makes batches of records. */
  public static final String DECODE = "decode";

  /** The processor that predicts and learns. */
  public static final String LEARN = "learn";

  /** The sink of predictions. */
  public static final String PREDICTIONS = "predictions";

  /** The sink of reports. */
  public static final String METRICS = "metrics";

  /** The sink of dead letters. */
  public static final String DEAD_LETTERS = "dead-letters";

  /** The sink of whole states. */
  public static final String SNAPSHOTS = "snapshots";

  /** The store of the models' weights. */
  public static final String WEIGHTS = ChangelogReader.STORE;

  /** The store that is no more than the moment before a commit. */
  public static final String COMMIT = "commit";

  private Nodes() {}
}
