package io.streamgrad.config;

import java.util.Locale;

/** How producers choose the partition of a record by its key. */
public enum Partitioner {
  /** {@code murmur2(key) & 0x7fffffff} modulo partitions: Java's default, and kafkajs'. */
  MURMUR2,
  /** The CRC-32 of zlib, unsigned, modulo partitions: the default of librdkafka. */
  CRC32;

  /** As it stands in the configuration. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
