package io.streamgrad.streams.settings;

/** What a person reads of an error. */
public final class Failures {
  private Failures() {}

  /** The message of the error at the bottom, which names the cause; Streams wraps it. */
  public static String message(Throwable error) {
    Throwable root = root(error);
    return root.getMessage() == null ? root.toString() : root.getMessage();
  }

  /** The error at the bottom. */
  public static Throwable root(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }
}
