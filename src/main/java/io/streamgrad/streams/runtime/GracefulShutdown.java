package io.streamgrad.streams.runtime;

import io.streamgrad.streams.learn.RunningTasks;
import java.time.Duration;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops Kafka Streams so that the next start may be one of another version: no state is behind,
 * what is done is committed, and the group is left. Where Kafka does not answer it is not waited
 * for. Used by one thread.
 */
final class GracefulShutdown {
  private static final Logger LOG = LoggerFactory.getLogger(GracefulShutdown.class);

  private static final Duration STOP = StreamsService.GRACE_PERIOD.multipliedBy(2).dividedBy(3);
  private static final Duration SETTLE = STOP.dividedBy(3);
  private static final Duration PROMPT_CLOSE = STOP.dividedBy(6);

  private final RunningTasks tasks;
  private final KafkaConnection kafka;
  private final Heartbeats heartbeats;

  GracefulShutdown(RunningTasks tasks, KafkaConnection kafka, Heartbeats heartbeats) {
    this.tasks = tasks;
    this.kafka = kafka;
    this.heartbeats = heartbeats;
  }

  /** Stops it; returns when it has, or when the time is up. */
  void stop(KafkaStreams running) {
    long deadline = System.nanoTime() + STOP.toNanos();
    if (!settle(running)) {
      LOG.warn(
          "stops with states that are behind: the next start learns again what they lack, and"
              + " should be one of this version");
    }
    if (!leave(running, PROMPT_CLOSE)) {
      if (!answers()) {
        LOG.warn("stops without a last commit: {}", kafka.waiting());
      } else if (!leave(running, Duration.ofNanos(deadline - System.nanoTime()))) {
        LOG.warn("Kafka Streams has not stopped within {}", STOP);
      }
    }
  }

  private boolean settle(KafkaStreams running) {
    long patience = heartbeats.silence(running.metrics()).isZero() ? SETTLE.toNanos() : 0;
    try {
      return tasks.end(
          System.nanoTime() + patience, () -> running.state().isRunningOrRebalancing());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static boolean leave(KafkaStreams running, Duration patience) {
    return running.close(
        CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
            .withTimeout(patience));
  }

  private boolean answers() {
    try {
      return kafka.answers();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
