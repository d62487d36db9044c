package io.streamgrad.config;

import java.util.Locale;

/** What a crash may do to the stream. */
public enum ProcessingGuarantee {
  /** Every batch is learned from once: offsets, weights and outputs commit in one transaction. */
  EXACTLY_ONCE_V2,
  /** After a crash the batches of the last commit interval may be learned from twice. */
  AT_LEAST_ONCE;

  /** The value of Kafka Streams' processing.guarantee. */
  public String kafkaName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
