package io.streamgrad.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** What a crash may do to the stream. */
public enum ProcessingGuarantee {
  /** Every batch is learned from once: offsets, weights and outputs commit in one transaction. */
  @JsonProperty("exactly_once_v2")
  EXACTLY_ONCE_V2,
  /** After a crash the batches of the last commit interval may be learned from twice. */
  @JsonProperty("at_least_once")
  AT_LEAST_ONCE;

  /** The value of Kafka Streams' processing.guarantee. */
  public String kafkaName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
