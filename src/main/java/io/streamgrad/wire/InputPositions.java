package io.streamgrad.wire;

import io.streamgrad.v1.InputPosition;

/** Places in the input, as messages name them. */
public final class InputPositions {
  private InputPositions() {}

  /** The place of a record. */
  public static InputPosition of(String topic, int partition, long offset) {
    return InputPosition.newBuilder()
        .setTopic(topic)
        .setPartition(partition)
        .setOffset(offset)
        .build();
  }
}
