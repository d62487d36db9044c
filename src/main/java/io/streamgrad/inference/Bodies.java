package io.streamgrad.inference;

import io.streamgrad.model.ModelSpec;

/** The bytes of requests and answers under way, of which there may be so many. Thread-safe. */
final class Bodies {
  /** There is always room for a body of so many bytes on each connection. */
  static final int SMALL = 64 * 1024;

  private static final int SHARE_OF_HEAP = 16;
  private static final int BYTES_OF_A_PIXEL = 8; // in JSON, with what is around it
  private static final int BYTES_BESIDE = 64 * 1024;
  private static final int BYTES_OF_A_NUMBER = 16; // of an answer, in JSON

  private final long most;
  private long taken; // guarded by this

  Bodies(long most) {
    this.most = most;
  }

  static Bodies ofHeap() {
    return new Bodies(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
  }

  /** The longest body for a model: its largest batch, in JSON. */
  int longest(ModelSpec model) {
    long batch = (long) model.maxBatchSize() * model.inputs() * BYTES_OF_A_PIXEL;
    return (int) Math.min(Math.min(most, Integer.MAX_VALUE / 2), BYTES_BESIDE + batch);
  }

  /** The longest answer for so many images: class and probabilities of each, in JSON. */
  static long answer(ModelSpec model, int images) {
    return (long) images * (1 + model.classes()) * BYTES_OF_A_NUMBER;
  }

  /**
   * Takes room.
   *
   * @return what is to be given back
   * @throws ProtocolException if there is none
   */
  long take(long bytes) throws ProtocolException {
    if (bytes <= SMALL) {
      return 0;
    }
    if (bytes > most) {
      throw new ProtocolException(
          413, "%d bytes of request or answer; there is room for %d".formatted(bytes, most));
    }
    synchronized (this) {
      if (taken + bytes > most) {
        throw new ProtocolException(
            503,
            "%d bytes of requests and answers are under way, and there is room for %d"
                .formatted(taken, most));
      }
      taken += bytes;
    }
    return bytes;
  }

  synchronized void giveBack(long bytes) {
    taken -= bytes;
  }
}
