package io.streamgrad.streams.runtime;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log what a service waits for that is not ready: once, when that has lasted for longer
 * than an ordinary start, and again each half minute; and that it is ready then. One thread.
 */
final class StatusLog {
  private static final Logger LOG = LoggerFactory.getLogger(StatusLog.class);
  private static final Duration ORDINARY = Duration.ofSeconds(3);
  private static final Duration AGAIN = Duration.ofSeconds(30);

  private long due; // of System.nanoTime(), where it is not ready
  private boolean said;

  /** From this moment on it is not ready. */
  StatusLog(long now) {
    due = now + ORDINARY.toNanos();
  }

  /**
   * To be called every second or so.
   *
   * @param now of {@link System#nanoTime}
   */
  void look(ServiceStatus status, long now) {
    if (status.ready()) {
      if (said) {
        LOG.info("ready");
      }
      said = false;
      due = now + ORDINARY.toNanos();
    } else if (now - due >= 0) {
      LOG.warn("not ready: {}", status.text());
      said = true;
      due = now + AGAIN.toNanos();
    }
  }
}
