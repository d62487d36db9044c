package io.streamgrad.cli;

import java.util.concurrent.CountDownLatch;

/**
 * Lets a command end in order on SIGTERM or SIGINT: the signal runs what {@link #onSignal} says,
 * and the process ends only when the command has closed this. To be opened before the resources
 * that must be closed, so that it is closed after them.
 */
final class Shutdown implements AutoCloseable {
  private final CountDownLatch requested = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Runnable action = () -> {};

  Shutdown() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::shutDown, "streamgrad-shutdown"));
  }

  /** What a signal is to do. */
  void onSignal(Runnable newAction) {
    action = newAction;
  }

  /** Waits for a signal. */
  void await() throws InterruptedException {
    requested.await();
  }

  private void shutDown() {
    action.run();
    requested.countDown();
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
