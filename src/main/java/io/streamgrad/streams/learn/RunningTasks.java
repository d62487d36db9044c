package io.streamgrad.streams.learn;

import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.internal.CommitHook;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicPartition;

/**
 * The tasks that run in this process, and the graceful end of the service that has them: what is
 * then left in their stores may be read by another version of this software, and so must be states
 * and no journals.
 *
 * <p>Kafka Streams commits when it stops, but not a partition in which nothing has happened since
 * the last commit. So the service waits until all stores are settled before it stops Kafka Streams.
 *
 * <p><em>Threading.</em> Thread-safe. Stream threads add, remove and say what they have written;
 * the thread that stops the service waits for that.
 */
public final class RunningTasks {
  private final Map<Integer, Task> tasks = new TreeMap<>(); // guarded by this, by partition
  private volatile boolean ending;

  private record Task(WeightsStore store, CommitHook hook) {}

  /** A task runs from now on. */
  synchronized void add(int partition, WeightsStore store, CommitHook hook) {
    tasks.put(partition, new Task(store, hook));
  }

  /** It runs no more. */
  synchronized void remove(int partition, WeightsStore store, CommitHook hook) {
    tasks.remove(partition, new Task(store, hook));
    notifyAll();
  }

  /**
   * Checks, on the thread that is about to commit, that all that came of these partitions has
   * passed the hook of its task.
   *
   * @throws IllegalStateException if the commit would be without something
   */
  public synchronized void requirePassed(Collection<TopicPartition> committed) {
    for (TopicPartition partition : committed) {
      Task task = tasks.get(partition.partition());
      if (task != null) {
        task.hook().requirePassed();
      }
    }
  }

  /** The stores by partition, as they are now. */
  public synchronized Map<Integer, WeightsStore> stores() {
    Map<Integer, WeightsStore> stores = new TreeMap<>();
    tasks.forEach((partition, task) -> stores.put(partition, task.store()));
    return stores;
  }

  /** Whether the service is about to stop: from now on flushes write states only. */
  boolean isEnding() {
    return ending;
  }

  /** Something has changed that {@link #end} may wait for. */
  public synchronized void changed() {
    notifyAll();
  }

  /**
   * The service is about to stop: waits until all its stores are settled.
   *
   * @param deadline of {@link System#nanoTime}
   * @param runs whether Kafka Streams still does what is needed for that; {@link #changed} is
   *     called when that changes
   * @return whether they are; false after the deadline, or if it runs no more
   */
  public synchronized boolean end(long deadline, BooleanSupplier runs) throws InterruptedException {
    ending = true;
    while (tasks.values().stream().anyMatch(task -> task.store().isLeftUnsettled())) {
      long left = deadline - System.nanoTime();
      if (left <= 0 || !runs.getAsBoolean()) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return true;
  }
}
