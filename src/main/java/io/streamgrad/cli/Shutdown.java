package io.streamgrad.cli;

import io.streamgrad.streams.runtime.StreamsService;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a command end in order on SIGTERM or SIGINT, whenever it comes:
 *
 * <pre>
 *   WAITING --- a signal ---&gt; REQUESTED --- close ---&gt; CLOSED
 *      |                                                ^
 *      +-------------------- close ---------------------+
 * </pre>
 *
 * The command's own thread stops what it has started, and closes this last; the process ends then,
 * or when the time is up, with the signal's exit code (143, 130). To be opened before the resources
 * that must be closed.
 */
final class Shutdown implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);

  /** From the signal to the end, at most: the JVM has the rest of the grace period. */
  static final Duration LONGEST = StreamsService.GRACE_PERIOD.minusSeconds(5);

  private final CompletableFuture<Void> requested = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  Shutdown() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::shutDown, "streamgrad-shutdown"));
  }

  /**
   * What a signal is to do; at once where it has come already. It must not wait, as it may be the
   * signal's thread that does it.
   */
  void onSignal(Runnable action) {
    var unused = requested.thenRun(action);
  }

  /** Whether a signal has come. */
  boolean isRequested() {
    return requested.isDone();
  }

  /** Waits for a signal. */
  void await() {
    requested.join();
  }

  /** The JVM ends when this returns. */
  private void shutDown() {
    requested.complete(null);
    try {
      closed.get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.warn("ends without having stopped in order, which takes longer than {}", LONGEST);
    } catch (Exception e) {
      throw new IllegalStateException("nobody fails or cancels it", e);
    }
  }

  @Override
  public void close() {
    closed.complete(null);
  }
}
