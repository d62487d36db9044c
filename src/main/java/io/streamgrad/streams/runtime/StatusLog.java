package io.streamgrad.streams.runtime;

import io.streamgrad.streams.settings.Daemons;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log what a service waits for that is not ready: once, when that has lasted for longer
 * than an ordinary start, and again each half minute; and that it is ready then.
 *
 * <p><em>Threading.</em> Looks on a thread of its own, from the start until it is closed.
 */
final class StatusLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StatusLog.class);
  private static final Duration LOOKS = Duration.ofSeconds(1); // from one to the next
  private static final Duration ORDINARY = Duration.ofSeconds(3);
  private static final Duration AGAIN = Duration.ofSeconds(30);

  private final ScheduledExecutorService thread = Daemons.scheduler("status-log");
  private long due; // of System.nanoTime(), where it is not ready
  private boolean said;

  /** From this moment on the service is not ready. To be called once, from any thread. */
  @SuppressWarnings("FutureReturnValueIgnored") // it goes on until it is closed
  void start(Supplier<ServiceStatus> status) {
    due = System.nanoTime() + ORDINARY.toNanos();
    thread.scheduleWithFixedDelay(
        () -> look(status.get(), System.nanoTime()),
        LOOKS.toMillis(),
        LOOKS.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  private void look(ServiceStatus status, long now) {
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

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
