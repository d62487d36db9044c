package io.streamgrad.streams.learn;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Work on batches that are on their way: done one after the other on a thread of its own, while the
 * stream thread goes on with other records; its results are passed on in the same order, by the
 * stream thread. Short work is handed to the thread in groups: to wake it takes longer than a step
 * of a single image.
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
  static final int CAPACITY = 128;

  private static final int MOST_IN_A_GROUP = CAPACITY / 4;
  private static final long NANOS_OF_A_GROUP = 100_000;

  private final ExecutorService thread;
  private final long longest; // nanoseconds
  private final Deque<Group> groups = new ArrayDeque<>(); // handed over, oldest first
  private Group open = new Group(); // not handed over yet
  private int size; // of all groups
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
    open.add(work, then);
    size++;
    int most = (int) Math.max(1, Math.min(CAPACITY, longest / Math.max(1, pace)));
    boolean full = size >= most;
    if (full || open.size() >= MOST_IN_A_GROUP || open.size() * pace >= NANOS_OF_A_GROUP) {
      handOver();
    }
    if (full) {
      awaitAtLeast(size - most / 2);
    }
    passOnDone();
  }

  /** Passes on the results that there are; no more work may come for a while. */
  void flush() {
    handOver();
    passOnDone();
  }

  private void passOnDone() {
    while (!groups.isEmpty() && groups.element().isDone()) {
      passOn();
    }
  }

  private void handOver() {
    if (open.size() > 0) {
      last = open.handOver(last, thread);
      groups.add(open);
      open = new Group();
    }
  }

  private void awaitAtLeast(int done) {
    int behind = 0;
    for (Group group : groups) {
      behind += group.size();
      if (behind >= done) {
        group.await();
        return;
      }
    }
  }

  /** Whether all results were passed on. */
  boolean isEmpty() {
    return size == 0;
  }

  /** Waits for all work and passes its results on. */
  void finish() {
    handOver();
    while (!groups.isEmpty()) {
      passOn();
    }
    last.join(); // what it was started with, if there was nothing else
  }

  /** A group in which work failed stays at the head, for whoever comes next. */
  private void passOn() {
    Group group = groups.element();
    group.await();
    int count = group.size();
    long nanos = group.passOn();
    size -= count;
    groups.remove();
    for (int i = 0; i < count; i++) {
      pace += (nanos / count - pace) / 16;
    }
  }

  /**
   * Discards the work that waits, lets that which runs end, and ends the thread. If anything was
   * not passed on, {@link #finish} throws from now on: nobody may take it for done.
   */
  @Override
  public void close() {
    if (!thread.isShutdown()) {
      handOver();
      groups.forEach(Group::discard);
      CompletableFuture.runAsync(() -> {}, thread).join(); // behind what runs
      thread.shutdown();
    }
  }

  /** Work that is handed over together. */
  private static final class Group {
    private final Deque<Entry<?>> entries = new ArrayDeque<>(); // not passed on yet
    private CompletableFuture<Void> done = new CompletableFuture<>();
    private volatile boolean discarded;
    private long nanos;

    <T> void add(Supplier<T> work, Consumer<T> then) {
      entries.add(new Entry<>(work, then));
    }

    int size() {
      return entries.size();
    }

    CompletableFuture<Void> handOver(CompletableFuture<?> before, ExecutorService thread) {
      done = before.thenRunAsync(this::run, thread);
      return done;
    }

    /** On the queue's thread. */
    private void run() {
      long start = System.nanoTime();
      for (Entry<?> entry : entries) {
        if (discarded) {
          break;
        }
        entry.run();
      }
      nanos = System.nanoTime() - start;
    }

    boolean isDone() {
      return done.isDone();
    }

    /** Waits until all of it is done, or some of it has failed. */
    void await() {
      done.exceptionally(failure -> null).join();
    }

    /** Passes on what was done, and throws what it failed with; returns how long all of it took. */
    long passOn() {
      if (done.isCancelled()) {
        done.join();
      }
      while (!entries.isEmpty() && entries.element().isDone()) {
        entries.remove().passOn();
      }
      done.join();
      return nanos;
    }

    void discard() {
      discarded = true;
      done.cancel(false);
    }
  }

  private static final class Entry<T> {
    private final Supplier<T> work;
    private final Consumer<T> then;
    private T result;
    private boolean isDone;

    @SuppressWarnings("NullAway.Init") // the result is there when it is done
    Entry(Supplier<T> work, Consumer<T> then) {
      this.work = work;
      this.then = then;
    }

    void run() {
      result = work.get();
      isDone = true;
    }

    boolean isDone() {
      return isDone;
    }

    void passOn() {
      then.accept(result);
    }
  }
}
