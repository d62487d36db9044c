package io.streamgrad.streams.runtime;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where in its life a service is, and the one place that decides where it goes:
 *
 * <pre>
 *   CONNECTING &lt;---&gt; PREPARING ----&gt; STREAMING
 *       |                |               |
 *       +----------------+---------------+
 *                        v
 *                    STOPPING -----&gt; STOPPED
 *
 *   CONNECTING  it asks for Kafka until a broker answers
 *   PREPARING   it checks its topics and its rights; back, where Kafka answers no more
 *   STREAMING   Kafka Streams has been started: it joins its group, restores weights, learns
 *   STOPPING    somebody wants it to stop, or an error does; for good
 *   STOPPED     nothing of it runs any more, or the time to stop was over
 * </pre>
 *
 * Whatever leads to the end leads through STOPPING, once: the first error is the one that is told.
 *
 * <p>Thread-safe.
 */
final class Lifecycle {
  enum State {
    CONNECTING,
    PREPARING,
    STREAMING,
    STOPPING,
    STOPPED;

    private Set<State> next() {
      return switch (this) {
        case CONNECTING -> EnumSet.of(PREPARING, STOPPING);
        case PREPARING -> EnumSet.of(CONNECTING, STREAMING, STOPPING);
        case STREAMING -> EnumSet.of(STOPPING);
        case STOPPING -> EnumSet.of(STOPPED);
        case STOPPED -> EnumSet.noneOf(State.class);
      };
    }
  }

  private final CountDownLatch stopping = new CountDownLatch(1);
  private State state = State.CONNECTING; // guarded by this, as the other two
  private @Nullable Throwable failure;
  private @Nullable Thread starter;

  synchronized State state() {
    return state;
  }

  /** The error that stops it; null if there is none. */
  synchronized @Nullable Throwable failure() {
    return failure;
  }

  boolean isStopping() {
    return stopping.getCount() == 0;
  }

  /** Waits until it is to stop; returns at once if it is already. */
  void awaitStopping() throws InterruptedException {
    stopping.await();
  }

  /** Waits until it is to stop, for so long at most; returns whether it is. */
  boolean awaitStopping(Duration patience) throws InterruptedException {
    return stopping.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Goes on, unless it is to stop.
   *
   * @return whether it has
   * @throws IllegalStateException for a step that is not drawn
   */
  synchronized boolean advance(State next) {
    if (isStopping()) {
      return false;
    }
    move(next);
    return true;
  }

  /** From now on a wish to stop interrupts the calling thread, until it has {@link #started}. */
  synchronized void starting() {
    starter = Thread.currentThread();
  }

  /** The calling thread is interrupted no more, and forgets that it has been. */
  synchronized void started() {
    starter = null;
    if (isStopping()) {
      Thread.interrupted();
    }
  }

  /**
   * It is to stop; does nothing if it is already.
   *
   * @param error why; null if a person or a supervisor wants it
   * @return whether this is what stops it
   */
  synchronized boolean stop(@Nullable Throwable error) {
    if (isStopping()) {
      return false;
    }
    move(State.STOPPING);
    failure = error;
    stopping.countDown();
    if (starter != null) {
      starter.interrupt();
    }
    return true;
  }

  /**
   * Nothing runs any more.
   *
   * @throws IllegalStateException if it was not to stop
   */
  synchronized void stopped() {
    move(State.STOPPED);
  }

  private void move(State next) {
    if (!state.next().contains(next)) {
      throw new IllegalStateException("a service that is %s can't be %s".formatted(state, next));
    }
    state = next;
  }
}
