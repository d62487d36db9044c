package io.streamgrad.committed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The models of this process as they were committed, by partition. Copies take a bounded part of
 * the heap: those that were not asked for longest go first, and the last one stays, however large.
 *
 * <p>Thread-safe. What waits for a reading goes on, on any thread, also one that learns: it must go
 * on elsewhere with what takes time.
 */
public final class CommittedModels {
  /** So long is a commit waited for, at most: many times as long as there is usually one. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final double SHARE_OF_HEAP = 1.0 / 16;

  private final Map<Integer, CommittedPartition> partitions = new ConcurrentHashMap<>();
  private final AtomicInteger awaited = new AtomicInteger(); // readings
  private final LongSupplier clock;
  private final long mostBytes;
  private final Duration patience;

  /** None yet. */
  public CommittedModels() {
    this(System::nanoTime, (long) (SHARE_OF_HEAP * Runtime.getRuntime().maxMemory()), PATIENCE);
  }

  /**
   * None yet.
   *
   * @param clock in nanoseconds, as {@link System#nanoTime}; decides how long copies are made
   * @param mostBytes of copies
   * @param patience with a commit
   */
  CommittedModels(LongSupplier clock, long mostBytes, Duration patience) {
    this.clock = clock;
    this.mostBytes = mostBytes;
    this.patience = patience;
  }

  /** Those of a partition. */
  public CommittedPartition partition(int number) {
    return partitions.computeIfAbsent(number, key -> new CommittedPartition(this));
  }

  /** Whether somebody may wait for a model. */
  public boolean isAwaited() {
    return awaited.get() > 0;
  }

  /**
   * Asks for a model of this partition. The answer is there at once where the model is asked for
   * again and again, and otherwise with the next commit, or as soon as the partition has nothing to
   * commit.
   */
  public CompletableFuture<Reading> ask(String name, int partition) {
    return partition(partition).ask(name);
  }

  /** The bytes of new copies that a partition may make at once, before older ones are let go. */
  long mostAtOnce() {
    return mostBytes / 4;
  }

  long now() {
    return clock.getAsLong();
  }

  /** Lets copies go that were not asked for longest, until the rest fits. */
  void trim() {
    long bytes = 0;
    List<Held> held = new ArrayList<>();
    for (CommittedPartition partition : partitions.values()) {
      for (Slot slot : partition.slots()) {
        CommittedModel copy = slot.copy();
        if (copy != null) {
          bytes += copy.bytes();
          held.add(new Held(partition, slot, slot.lastAsked(), copy.bytes()));
        }
      }
    }
    if (bytes > mostBytes) {
      long now = now();
      held.sort(Comparator.comparingLong((Held one) -> now - one.asked()).reversed());
      for (Held one : held.subList(0, held.size() - 1)) {
        if (bytes <= mostBytes) {
          break;
        }
        if (one.partition().drop(one.slot())) {
          bytes -= one.bytes();
        }
      }
    }
  }

  private record Held(CommittedPartition partition, Slot slot, long asked, long bytes) {}

  /** What is read, or, when it takes too long, something else. */
  CompletableFuture<Reading> within(CompletableFuture<Reading> reading, Supplier<Reading> late) {
    awaited.incrementAndGet();
    CompletableFuture<Reading> timed =
        reading.copy().orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS);
    return timed
        .exceptionally(tooLate -> Objects.requireNonNull(late.get()))
        .whenComplete((found, failure) -> awaited.decrementAndGet());
  }

  Reading away() {
    return new Reading.Unavailable(
        "the partition of this model is not at work here: it is being restored, or another instance"
            + " has it");
  }

  Reading late() {
    return new Reading.Unavailable(
        "no commit came within %d s to show the model as of".formatted(patience.toSeconds()));
  }
}
