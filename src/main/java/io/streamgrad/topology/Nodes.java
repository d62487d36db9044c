package io.streamgrad.topology;

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

  /** The store of the models' weights. */
  public static final String WEIGHTS = "weights";

  private Nodes() {}

  /** The topic that Kafka Streams keeps the weights in. */
  public static String weightsChangelog(String applicationId) {
    return applicationId + "-" + WEIGHTS + "-changelog";
  }
}
