package io.streamgrad.topology;

import io.streamgrad.store.WeightsStore;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.streams.processor.internals.StreamThread;

/**
 * The orderly end of a service, or of its hold on a partition: what is then left in the stores may
 * be read by another version of this software, and so must be states and no journals.
 *
 * <p>Kafka Streams commits when it stops, but not a partition in which nothing has happened since
 * the last commit. So the service waits until its stores are settled before it stops Kafka Streams.
 *
 * <p>{@link StreamThread} is internal to Kafka Streams. Its state alone tells that partitions are
 * about to be handed over to another instance.
 *
 * <p>Thread-safe.
 */
final class Ending {
  private static final Duration POLL = Duration.ofMillis(5);

  private final Set<WeightsStore> stores = ConcurrentHashMap.newKeySet();
  private volatile boolean begun;

  /** Whether the service is about to stop, or the calling thread to give up a partition. */
  boolean isNow() {
    return begun
        || (Thread.currentThread() instanceof StreamThread thread
            && thread.state() == StreamThread.State.PARTITIONS_REVOKED);
  }

  /** Whether the service is about to stop. */
  boolean hasBegun() {
    return begun;
  }

  /** From now on the service has this store. */
  void add(WeightsStore store) {
    stores.add(store);
  }

  /** It has it no more. */
  void remove(WeightsStore store) {
    stores.remove(store);
  }

  /**
   * The service is about to stop: waits until all its stores are settled.
   *
   * @param runs whether Kafka Streams still does what is needed for that
   * @return whether they are; false after the time, or if it runs no more
   */
  boolean begin(Duration patience, BooleanSupplier runs) {
    begun = true;
    long deadline = System.nanoTime() + patience.toNanos();
    while (stores.stream().anyMatch(WeightsStore::isLeftUnsettled)) {
      if (!runs.getAsBoolean() || System.nanoTime() > deadline) {
        return false;
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
    return true;
  }
}
