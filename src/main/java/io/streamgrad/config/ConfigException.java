package io.streamgrad.config;

import org.jspecify.annotations.Nullable;

/** A configuration that can't be used; the message names the key, the value and what is allowed. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String key;
  private final String problem;

  /** A failure that is not about a single key. */
  public ConfigException(String message) {
    super(message);
    this.key = null;
    this.problem = message;
  }

  /**
   * @param key the dotted key at fault
   * @param problem the rest of the message
   */
  public ConfigException(String key, String problem) {
    super(key + ": " + problem);
    this.key = key;
    this.problem = problem;
  }

  /**
   * @param cause why, where the message does not say it
   */
  public ConfigException(String key, String problem, Throwable cause) {
    this(key, problem);
    initCause(cause);
  }

  /** The dotted key at fault; null if the failure is not about a single key. */
  public @Nullable String key() {
    return key;
  }

  /** The message without the key. */
  public String problem() {
    return problem;
  }

  /** The problem of a value that is not one of those that are allowed. */
  public static String notAllowed(Object value, String allowed) {
    String shown = value.toString().isBlank() ? "\"" + value + "\"" : value.toString();
    return shown + " is not allowed; must be " + allowed;
  }
}
