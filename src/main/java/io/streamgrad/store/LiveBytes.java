package io.streamgrad.store;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much memory live models take, those of all stores of a service together, and how much they
 * may. Thread-safe.
 */
final class LiveBytes {
  /** Every model is there as bytes as well. */
  private static final double SHARE_OF_HEAP = 0.25;

  /** To drop models that are in use, only because they are large, would gain nothing. */
  private static final int KEPT = 16;

  private final long most;
  private final int kept;
  private final AtomicLong taken = new AtomicLong();

  /**
   * None yet.
   *
   * @param most bytes that they may take
   * @param kept so many models may a store have in any case
   */
  LiveBytes(long most, int kept) {
    this.most = most;
    this.kept = kept;
  }

  /** A quarter of what the JVM may take. */
  static LiveBytes ofHeap() {
    return new LiveBytes((long) (SHARE_OF_HEAP * Runtime.getRuntime().maxMemory()), KEPT);
  }

  /** Without a limit. */
  static LiveBytes unlimited() {
    return new LiveBytes(Long.MAX_VALUE, 0);
  }

  /** So many bytes more are taken, or fewer. */
  void add(long bytes) {
    taken.addAndGet(bytes);
  }

  /** By how many bytes it is too much, for a store of so many live models; 0 if it is not. */
  long excess(int models) {
    return models > kept ? Math.max(0, taken.get() - most) : 0;
  }
}
