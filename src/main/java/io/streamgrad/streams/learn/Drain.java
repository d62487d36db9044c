package io.streamgrad.streams.learn;

import io.streamgrad.store.WeightsStore;
import java.time.Duration;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.jspecify.annotations.Nullable;

/**
 * Has states that are behind written also where no more records come. Kafka Streams commits where a
 * record or a punctuation came; so there are punctuations as long as states are behind.
 *
 * <pre>
 *   IDLE   -- a record came --&gt;  BUSY
 *   BUSY   -- no record for a while --&gt;  QUIET  -- a record came --&gt;  BUSY
 *   QUIET  -- a punctuation finds nothing behind --&gt;  IDLE
 * </pre>
 *
 * <p><em>Threading.</em> Used by the stream thread.
 */
final class Drain {
  /** How soon a service that is to stop has its commits. */
  private static final Duration EVERY = Duration.ofMillis(100);

  private static final Duration QUIET_AFTER = Duration.ofSeconds(2);
  private static final long QUIET_PUNCTUATIONS = QUIET_AFTER.dividedBy(EVERY);

  private final ProcessorContext<?, ?> context;
  private final WeightsStore weights;
  private final RunningTasks tasks;
  private @Nullable Cancellable punctuations; // null: IDLE
  private long withoutRecords; // punctuations

  Drain(ProcessorContext<?, ?> context, WeightsStore weights, RunningTasks tasks) {
    this.context = context;
    this.weights = weights;
    this.tasks = tasks;
  }

  /** A record came, or what was restored may be behind. */
  void recordCame() {
    withoutRecords = 0;
    if (punctuations == null) {
      punctuations = context.schedule(EVERY, PunctuationType.WALL_CLOCK_TIME, now -> punctuated());
    }
  }

  /** Whether no record has come for a while. */
  boolean isQuiet() {
    return withoutRecords >= QUIET_PUNCTUATIONS;
  }

  private void punctuated() {
    withoutRecords++;
    if (tasks.isEnding()) {
      context.commit(); // at once
    }
    if (isQuiet() && !weights.isBehind() && punctuations != null) {
      punctuations.cancel();
      punctuations = null;
    }
  }
}
