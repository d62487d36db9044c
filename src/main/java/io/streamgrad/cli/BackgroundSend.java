package io.streamgrad.cli;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Sends on a thread of its own, while the caller reads the predictions. */
final class BackgroundSend {
  private final CompletableFuture<Void> done;

  private BackgroundSend(CompletableFuture<Void> done) {
    this.done = done;
  }

  static BackgroundSend start(Runnable send) {
    return new BackgroundSend(
        CompletableFuture.runAsync(
            send,
            task -> {
              Thread thread = new Thread(task, "streamgrad-sending");
              thread.setDaemon(true);
              thread.start();
            }));
  }

  /** Throws what went wrong in sending, if anything has. */
  void check() {
    if (done.isCompletedExceptionally()) {
      join();
    }
  }

  /** Waits until all is sent. */
  void join() {
    try {
      done.join();
    } catch (CompletionException e) {
      throw new IllegalStateException("the images can't be sent", e.getCause());
    }
  }
}
