package io.streamgrad.verify;

import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Disagreement.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.ListIterator;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Predictions that at-least-once processing has made with newer weights than those before the
 * batch: after a crash it predicts the batches again that the weights it finds have learned
 * already. Each is compared when the replay is at the version that it names. One thread.
 */
final class NewerWeights {
  private static final long MOST_BYTES = 64 << 20;

  private final TopicPartition input;
  private final Replay replay;
  private final Findings findings;
  private final Map<String, List<Waiting>> waiting = new HashMap<>(); // by model
  private long bytes;

  /**
   * A prediction to be compared.
   *
   * @param difference from what the weights of its version predict, once they are there
   */
  private record Waiting(
      Output<PredictionBatch> prediction,
      ConsumerRecord<byte[], byte[]> batch,
      @Nullable String difference) {
    long version() {
      return prediction.content().getModelVersion();
    }

    long bytes() {
      return prediction.bytes() + batch.serializedValueSize();
    }
  }

  NewerWeights(TopicPartition input, Replay replay, Findings findings) {
    this.input = input;
    this.replay = replay;
    this.findings = findings;
  }

  /** Takes a prediction, to be compared later. */
  void add(Output<PredictionBatch> prediction, ConsumerRecord<byte[], byte[]> batch) {
    Waiting added = new Waiting(prediction, batch, null);
    if (bytes + added.bytes() > MOST_BYTES) {
      findings.notChecked();
      return;
    }
    bytes += added.bytes();
    waiting.computeIfAbsent(prediction.model(), name -> new ArrayList<>()).add(added);
  }

  /** Compares what is due: the replay has taken a step with this model. */
  void step(String model) {
    long version = Objects.requireNonNull(replay.models().get(model)).state().version();
    ListIterator<Waiting> left = waiting.getOrDefault(model, List.of()).listIterator();
    while (left.hasNext()) {
      Waiting next = left.next();
      if (next.version() < version) {
        wrong(model, next);
        remove(left, next);
      } else if (next.version() == version) {
        PredictionBatch expected = replay.predict(model, next.batch());
        String difference = PredictionReader.difference(next.prediction().content(), expected);
        if (difference == null) {
          remove(left, next);
        } else { // an update that is skipped leaves the version: the state after it may be the one
          left.set(new Waiting(next.prediction(), next.batch(), difference));
        }
      }
    }
  }

  private void remove(ListIterator<Waiting> left, Waiting removed) {
    left.remove();
    bytes -= removed.bytes();
  }

  private void wrong(String model, Waiting found) {
    findings.add(
        Kind.WRONG_PREDICTION,
        model,
        input,
        found.prediction().inputOffset(),
        "%s, by newer weights, %s".formatted(found.prediction().place(), found.difference()));
  }

  /**
   * Judges what is left when the input is at its end: the weights of versions that lie behind it
   * are not known.
   */
  void finish() {
    waiting.forEach(
        (model, left) -> {
          for (Waiting next : left) {
            if (next.difference() == null) {
              findings.notChecked();
            } else {
              wrong(model, next);
            }
          }
        });
  }
}
