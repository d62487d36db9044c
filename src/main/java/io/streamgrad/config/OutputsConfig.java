package io.streamgrad.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What the output records look like.
 *
 * @param format of predictions and metrics
 * @param probabilities whether a prediction carries the probability of every class, and not only
 *     the likeliest class
 */
public record OutputsConfig(Format format, boolean probabilities) {

  /** The form of an output record's value. */
  public enum Format {
    @JsonProperty("protobuf")
    PROTOBUF,
    /** Protobuf's JSON mapping of the same messages. */
    @JsonProperty("json")
    JSON
  }
}
