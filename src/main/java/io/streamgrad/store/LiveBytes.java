package io.streamgrad.store;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much memory live models take, those of all stores of a service together, and how much they
 * may. Thread-safe.
 */
final class LiveBytes {
  /** Every model is there as bytes as well. */
  private static final double SHARE_OF_HEAP = 0.25;

  private final long most;
  private final AtomicLong taken = new AtomicLong();

  LiveBytes(long most) {
    this.most = most;
  }

  /** A quarter of what the JVM may take. */
  static LiveBytes ofHeap() {
    return new LiveBytes((long) (SHARE_OF_HEAP * Runtime.getRuntime().maxMemory()));
  }

  /** So many bytes more are taken, or fewer. */
  void add(long bytes) {
    taken.addAndGet(bytes);
  }

  /** By how many bytes it is too much; 0 if it is not. */
  long excess() {
    return Math.max(0, taken.get() - most);
  }
}
