package io.streamgrad.config;

/**
 * What the output records look like.
 *
 * @param format of predictions and metrics
 * @param probabilities whether a prediction carries the probability of every class, and not only
 *     the likeliest class
 * @param followers whether what followers predict is published, too
 */
public record OutputsConfig(Format format, boolean probabilities, boolean followers) {

  /** The form of an output record's value. */
  public enum Format {
    PROTOBUF,
    /** Protobuf's JSON mapping of the same messages. */
    JSON
  }
}
