package io.streamgrad.store;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A share of the heap, for all stores of a process: how many bytes are taken of it, against how
 * many may be. Thread-safe.
 */
final class HeapShare {
  private final long most;
  private final AtomicLong taken = new AtomicLong();

  /** Nothing is taken yet, of so many bytes at most. */
  HeapShare(long most) {
    this.most = most;
  }

  /** A share of what the JVM may take. */
  static HeapShare of(double share) {
    return new HeapShare((long) (share * Runtime.getRuntime().maxMemory()));
  }

  /** Without a limit. */
  static HeapShare unlimited() {
    return new HeapShare(Long.MAX_VALUE);
  }

  /** So many bytes more are taken, or fewer. */
  void add(long bytes) {
    taken.addAndGet(bytes);
  }

  /** Takes so many bytes, unless that would be too much. */
  boolean take(long bytes) {
    boolean fits = taken.addAndGet(bytes) <= most;
    if (!fits) {
      taken.addAndGet(-bytes);
    }
    return fits;
  }

  /** Whether it is too much. */
  boolean isExceeded() {
    return taken.get() > most;
  }
}
