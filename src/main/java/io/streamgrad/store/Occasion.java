package io.streamgrad.store;

/** A commit's occasion, which decides how many states that are behind it writes. */
public enum Occasion {
  /** One among many: what is due. */
  COMMIT(0),
  /** Nothing comes at the moment: all that is behind, little by little. */
  QUIET(8 << 20),
  /** Another instance gets the partition, and waits: for well below a second. */
  HANDOVER(32 << 20),
  /** The service is about to stop, after as many commits as it takes and the time allows. */
  END(32 << 20),
  /** Whatever is behind, in one commit. */
  ALL(Long.MAX_VALUE);

  private final long bytes;

  Occasion(long bytes) {
    this.bytes = bytes;
  }

  /** How much may be written of what is not yet due. */
  long bytes() {
    return bytes;
  }
}
