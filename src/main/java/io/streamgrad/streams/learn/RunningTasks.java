package io.streamgrad.streams.learn;

import io.streamgrad.committed.CommittedModels;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.internal.CommitHook;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The tasks that run in this process, and the graceful end of the service that has them: what is
 * then left in their stores may be read by another version of this software, and so should lack
 * nothing.
 *
 * <p>Kafka Streams commits when it stops, but not a partition in which nothing has happened since
 * the last commit. So the service waits until no state is behind before it stops Kafka Streams.
 *
 * <p><em>Threading.</em> Thread-safe. Stream threads add, remove and say what they have written;
 * the thread that stops the service waits for that.
 */
public final class RunningTasks {
  private final Map<Integer, Task> tasks = new TreeMap<>(); // guarded by this, by partition
  private final CommittedModels committed = new CommittedModels();
  private volatile boolean ending;
  private volatile boolean passedOn; // by consumers

  /**
   * A task.
   *
   * @param relearning what it learns again before its first record; null if nothing
   * @param idle what it does while its stream thread has nothing else to do
   * @param queue whose results are to be passed on before the stream thread waits for records; null
   *     if there are none, or they can wait for the commit
   */
  record Task(
      WeightsStore store,
      CommitHook hook,
      @Nullable InputReplay relearning,
      Runnable idle,
      @Nullable LearnQueue queue) {}

  /** The models of these tasks as they were committed. */
  public CommittedModels committed() {
    return committed;
  }

  /** A task runs from now on. */
  synchronized void add(int partition, Task task) {
    tasks.put(partition, task);
  }

  /** It runs no more. */
  synchronized void remove(int partition, WeightsStore store) {
    Task task = tasks.get(partition);
    if (task != null && task.store() == store) {
      tasks.remove(partition);
    }
    notifyAll();
  }

  /** The partitions of the input that have a task. */
  public synchronized Set<Integer> partitions() {
    return Set.copyOf(tasks.keySet());
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

  /** What had passed is committed. On the stream thread of these partitions. */
  public void committed(Collection<TopicPartition> partitions) {
    partitions.stream()
        .map(TopicPartition::partition)
        .distinct()
        .forEach(partition -> committed.partition(partition).committed());
  }

  /** The stream thread of these partitions is about to wait for records. */
  public void idle(Collection<TopicPartition> partitions) {
    if (committed.isAwaited()) {
      running(partitions).forEach(task -> task.idle().run());
    }
  }

  /**
   * Whether a partition's records have to wait for what is learned again.
   *
   * @throws org.apache.kafka.streams.errors.StreamsException if that has failed, with the reason
   */
  public synchronized boolean isRelearning(TopicPartition partition) {
    Task task = tasks.get(partition.partition());
    return task != null && task.relearning() != null && task.relearning().isUnderWay();
  }

  /**
   * Waits until what a partition's stored states lack is learned again.
   *
   * @throws org.apache.kafka.streams.errors.StreamsException if that has failed, with the reason
   */
  public void awaitRelearned(int partition) {
    Task task;
    synchronized (this) {
      task = tasks.get(partition);
    }
    if (task != null && task.relearning() != null) {
      task.relearning().await();
    }
  }

  /** From now on {@link #passOn} is called before a stream thread waits for records. */
  public void willBePassedOn() {
    passedOn = true;
  }

  /** Whether it is. */
  boolean arePassedOn() {
    return passedOn;
  }

  /** Whether batches of these partitions are being learned whose outputs are awaited. */
  public boolean areOnTheWay(Collection<TopicPartition> partitions) {
    return queues(partitions).anyMatch(queue -> !queue.isEmpty());
  }

  /** Passes on what has come of such batches. On the stream thread of these partitions. */
  public void passOn(Collection<TopicPartition> partitions) {
    queues(partitions).forEach(LearnQueue::flush);
  }

  private Stream<LearnQueue> queues(Collection<TopicPartition> partitions) {
    return running(partitions).flatMap(task -> Stream.ofNullable(task.queue()));
  }

  private synchronized Stream<Task> running(Collection<TopicPartition> partitions) {
    return partitions.stream()
        .map(TopicPartition::partition)
        .distinct()
        .flatMap(partition -> Stream.ofNullable(tasks.get(partition)))
        .toList()
        .stream();
  }

  /** What is being learned again, as a person should read it; empty if nothing is. */
  public synchronized Optional<String> relearning() {
    String all =
        tasks.values().stream()
            .map(Task::relearning)
            .filter(relearning -> relearning != null && relearning.isRunning())
            .map(relearning -> String.valueOf(relearning))
            .collect(Collectors.joining(", "));
    return all.isEmpty() ? Optional.empty() : Optional.of("restoring weights: learning " + all);
  }

  /** The stores by partition, as they are now. */
  public synchronized Map<Integer, WeightsStore> stores() {
    Map<Integer, WeightsStore> stores = new TreeMap<>();
    tasks.forEach((partition, task) -> stores.put(partition, task.store()));
    return stores;
  }

  /** How many records stored states lack at most. */
  public synchronized long recordsBehind() {
    return tasks.values().stream()
        .map(task -> task.store().lag())
        .mapToLong(lag -> lag.to() - lag.from())
        .sum();
  }

  /** Whether the service is about to stop: from now on commits write all that is behind. */
  boolean isEnding() {
    return ending;
  }

  /** Something has changed that {@link #end} may wait for. */
  public synchronized void changed() {
    notifyAll();
  }

  /**
   * The service is about to stop: waits until no state in its stores is behind, except for what is
   * not learned again yet, which is not waited for.
   *
   * @param deadline of {@link System#nanoTime}
   * @param runs whether Kafka Streams still does what is needed for that; {@link #changed} is
   *     called when that changes
   * @return whether none is; false after the deadline, or if it runs no more
   */
  public synchronized boolean end(long deadline, BooleanSupplier runs) throws InterruptedException {
    ending = true;
    while (tasks.values().stream().anyMatch(task -> isLearned(task) && task.store().isBehind())) {
      long left = deadline - System.nanoTime();
      if (left <= 0 || !runs.getAsBoolean()) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return tasks.values().stream().allMatch(RunningTasks::isLearned);
  }

  private static boolean isLearned(Task task) {
    return task.relearning() == null || task.relearning().isDone();
  }
}
