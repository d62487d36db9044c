package io.streamgrad.streams.learn;

import io.streamgrad.store.WeightsStore;
import java.time.Duration;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.jspecify.annotations.Nullable;

/**
 * Has what a commit leaves of large models written by later ones. Kafka Streams commits where a
 * record or a punctuation came; so there are punctuations as long as something is left.
 *
 * <pre>
 *   IDLE  -- a record came, with a large model in the store --&gt;  DRAINING
 *   DRAINING  -- a punctuation finds all written, and no record since --&gt;  IDLE
 * </pre>
 *
 * <p><em>Threading.</em> Used by the stream thread.
 */
final class Drain {
  /** How soon a store that has more to write gets a commit to write it with, without batches. */
  private static final Duration EVERY = Duration.ofMillis(100);

  private final ProcessorContext<?, ?> context;
  private final WeightsStore weights;
  private final RunningTasks tasks;
  private @Nullable Cancellable punctuations; // while it drains
  private boolean recordsCame; // since the last commit

  Drain(ProcessorContext<?, ?> context, WeightsStore weights, RunningTasks tasks) {
    this.context = context;
    this.weights = weights;
    this.tasks = tasks;
  }

  /** A record came, or may have before. */
  void recordCame() {
    recordsCame = true;
    if (punctuations == null && weights.hasLargeModels()) {
      punctuations = context.schedule(EVERY, PunctuationType.WALL_CLOCK_TIME, now -> punctuated());
    }
  }

  /** A commit has written what it could. */
  void committed() {
    recordsCame = false;
  }

  private void punctuated() {
    if (tasks.isEnding()) {
      context.commit(); // at once
    }
    if (!recordsCame && !weights.isLeftUnsettled() && punctuations != null) {
      punctuations.cancel();
      punctuations = null;
    }
  }
}
