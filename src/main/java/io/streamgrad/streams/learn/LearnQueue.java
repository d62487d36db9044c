package io.streamgrad.streams.learn;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Work on batches that are on their way: done one after the other on a thread of its own, while the
 * stream thread goes on with other records; its results are passed on in the same order, by the
 * stream thread.
 *
 * <p>Work that fails is the last: what is behind it is neither done nor passed on, and every later
 * call of {@link #add} and {@link #finish} throws its failure, as the cause of a {@link
 * java.util.concurrent.CompletionException}.
 *
 * <p>All methods are for the stream thread. Work sees what the work before it did, and what the
 * stream thread did before it added it; the stream thread sees what all work did once it has called
 * {@link #finish} or {@link #close}.
 */
final class LearnQueue implements AutoCloseable {
  /** So many batches are on their way at most, each with its pixels and its outputs. */
  static final int CAPACITY = 64;

  private final ExecutorService thread;
  private final long longest; // nanoseconds
  private final Queue<Entry<?>> entries = new ArrayDeque<>();
  private CompletableFuture<?> last = CompletableFuture.completedFuture(null);
  private long pace; // nanoseconds that work takes, on average of the last

  /**
   * An empty queue.
   *
   * @param longest how long what is on its way may take, by the pace of the last work; a single
   *     piece of work may take longer
   */
  LearnQueue(String threadName, Duration longest) {
    this.longest = longest.toNanos();
    pace = this.longest; // until it is known
    thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread daemon = new Thread(work, threadName);
              daemon.setDaemon(true);
              return daemon;
            });
  }

  /** Begins with work of any length, which has no result. To be called before all else. */
  void start(Runnable work) {
    last = CompletableFuture.runAsync(work, thread);
  }

  /**
   * Adds work and passes on what is done. Where the queue is full it first waits until half of it
   * is done, so as not to be woken for every batch.
   *
   * @param work to be done on the queue's thread
   * @param then takes the result, on the stream thread
   */
  <T> void add(Supplier<T> work, Consumer<T> then) {
    CompletableFuture<Done<T>> result = last.thenApplyAsync(before -> Done.by(work), thread);
    last = result;
    entries.add(new Entry<>(result, then));
    int most = (int) Math.max(1, Math.min(CAPACITY, longest / Math.max(1, pace)));
    if (entries.size() >= most) {
      int half = entries.size() - most / 2 - 1;
      Entry<?> lastOfHalf = entries.stream().skip(half).findFirst().orElseThrow();
      lastOfHalf.await();
    }
    while (!entries.isEmpty() && entries.element().result().isDone()) {
      passOn();
    }
  }

  /** Waits for all work and passes its results on. */
  void finish() {
    while (!entries.isEmpty()) {
      passOn();
    }
    last.join(); // what it was started with, if there was nothing else
  }

  /** Work that failed stays at the head, for whoever comes next. */
  private void passOn() {
    long nanos = entries.element().passOn();
    entries.remove();
    pace += (nanos - pace) / 16;
  }

  /**
   * Discards the work that waits, lets that which runs end, and ends the thread. If anything was
   * not passed on, {@link #finish} throws from now on: nobody may take it for done.
   */
  @Override
  public void close() {
    entries.forEach(entry -> entry.result().cancel(false));
    if (!thread.isShutdown()) {
      CompletableFuture.runAsync(() -> {}, thread).join(); // behind what runs
      thread.shutdown();
    }
  }

  private record Entry<T>(CompletableFuture<Done<T>> result, Consumer<T> then) {
    /** Returns how long the work took. */
    long passOn() {
      Done<T> done = result.join();
      then.accept(done.result());
      return done.nanos();
    }

    /** Waits for the work, whether it succeeds or fails. */
    void await() {
      result.handle((done, failed) -> done).join();
    }
  }

  private record Done<T>(T result, long nanos) {
    static <T> Done<T> by(Supplier<T> work) {
      long start = System.nanoTime();
      return new Done<>(work.get(), System.nanoTime() - start);
    }
  }
}
