package io.streamgrad.streams.internal;

import org.apache.kafka.streams.processor.internals.StreamThread;

/**
 * Whether partitions are about to be given to another instance.
 *
 * <p>{@link StreamThread} is internal to Kafka Streams; its state alone tells.
 */
public final class Handover {
  private Handover() {}

  /**
   * Whether the calling thread, a stream thread, is giving up partitions: its next commit is their
   * last.
   */
  public static boolean isInProgress() {
    return Thread.currentThread() instanceof StreamThread thread
        && thread.state() == StreamThread.State.PARTITIONS_REVOKED;
  }
}
