package io.streamgrad.streams.runtime;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far weights have been read back from the changelog. Says in the log when that begins and when
 * it is done.
 *
 * <p>Thread-safe: the threads that restore call it, and others read it.
 */
final class RestoreProgress implements StateRestoreListener {
  private static final Logger LOG = LoggerFactory.getLogger(RestoreProgress.class);

  private final Runnable handedOver;
  private final Map<TopicPartition, Progress> running = new ConcurrentHashMap<>();

  /**
   * Of a service.
   *
   * @param handedOver what to do when this instance has got a partition, before its weights are
   *     read back
   */
  RestoreProgress(Runnable handedOver) {
    this.handedOver = handedOver;
  }

  /** What is being restored, as a person should read it; empty if nothing is. */
  Optional<String> progress() {
    return running.isEmpty()
        ? Optional.empty()
        : Optional.of(
            running.entrySet().stream()
                .map(entry -> "%s %s".formatted(entry.getKey(), entry.getValue()))
                .sorted()
                .collect(Collectors.joining(", ", "restoring weights: ", "")));
  }

  @Override
  public void onRestoreStart(TopicPartition changelog, String store, long start, long end) {
    LOG.info("restoring {} from {} to {}", changelog, start, end);
    handedOver.run();
    running.put(changelog, new Progress(start, end));
  }

  @Override
  public void onBatchRestored(TopicPartition changelog, String store, long end, long restored) {
    running.computeIfPresent(changelog, (key, progress) -> new Progress(end, progress.end()));
  }

  @Override
  public void onRestoreEnd(TopicPartition changelog, String store, long restored) {
    LOG.info("restored {}, {} records", changelog, restored);
    running.remove(changelog);
  }

  @Override
  public void onRestoreSuspended(TopicPartition changelog, String store, long restored) {
    LOG.info("stopped to restore {}, after {} records", changelog, restored);
    running.remove(changelog);
  }

  /** Offsets of the changelog. */
  private record Progress(long at, long end) {
    @Override
    public String toString() {
      return "is at offset %d of %d".formatted(at, end);
    }
  }
}
