package io.streamgrad.verify;

import io.streamgrad.store.ChangelogImage;
import io.streamgrad.store.StoredModel;
import io.streamgrad.store.UnreadableStateException;
import io.streamgrad.verify.Disagreement.Kind;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The weights that the service has stored for the models of a partition: they must be those of the
 * batch that they name, and no older than what is committed. One thread.
 */
final class WeightsCheck {
  private final TopicPartition input;
  private final Replay replay;
  private final Findings findings;
  private final Map<String, StoredWeights> stored = new HashMap<>();
  private final Map<String, Long> lastBatch = new HashMap<>(); // of each model, while committed

  WeightsCheck(TopicPartition input, Replay replay, Findings findings) {
    this.input = input;
    this.replay = replay;
    this.findings = findings;
  }

  /** Takes what the service has stored, and returns it. */
  ChangelogImage read(LogCursor changelog) {
    ChangelogImage image = new ChangelogImage();
    for (ConsumerRecord<byte[], byte[]> record; (record = changelog.next()) != null; ) {
      if (!ChangelogImage.isModel(record.key())
          || replay.covers(ChangelogImage.model(record.key()))) {
        image.put(record.key(), record.value());
      }
    }
    for (String name : image.names()) {
      try {
        StoredModel model = image.get(name, () -> replay.learner(name));
        if (model != null) {
          stored.put(name, StoredWeights.of(model));
        }
      } catch (UnreadableStateException e) {
        add(Kind.WRONG_WEIGHTS, name, -1, String.valueOf(e.getMessage()));
      }
    }
    return image;
  }

  /** A model is at the batch of this offset. */
  void compare(String name, long offset) {
    StoredWeights found = stored.get(name);
    if (found != null && found.lineage().offset() == offset) {
      ReplayedModel model = Objects.requireNonNull(replay.models().get(name));
      model.weightsCompared();
      String difference = found.difference(StoredWeights.of(model.stored()));
      if (difference != null) {
        add(Kind.WRONG_WEIGHTS, name, offset, "stored " + difference);
      }
    }
  }

  /** A model has learned the batch of this offset, which is committed. */
  void committed(String name, long offset) {
    lastBatch.put(name, offset);
  }

  /**
   * Judges what was stored when the input is at its end.
   *
   * @param start offset of the first record that is still in the log
   * @param end offset of the first record that was not looked at
   * @param committed whether that is the committed offset
   */
  void finish(long start, long end, boolean committed) {
    stored.forEach((name, weights) -> judgeLineage(name, weights, start, end, committed));
    lastBatch.forEach(
        (name, offset) -> {
          StoredWeights weights = stored.get(name);
          if (weights == null && committed) {
            add(Kind.WRONG_LINEAGE, name, offset, "the batch is committed, no weights are stored");
          } else if (weights != null && weights.lineage().offset() < offset) {
            add(
                Kind.WRONG_LINEAGE,
                name,
                offset,
                "the batch is committed, the weights stored are of offset "
                    + weights.lineage().offset());
          }
        });
  }

  private void judgeLineage(
      String name, StoredWeights weights, long start, long end, boolean committed) {
    long offset = weights.lineage().offset();
    ReplayedModel model = replay.models().get(name);
    boolean compared = model != null && model.hasWeightsCompared();
    if (weights.lineage().partition() != input.partition()) {
      add(
          Kind.WRONG_LINEAGE,
          name,
          offset,
          "the weights stored are of partition " + weights.lineage().partition());
    } else if (!compared && offset >= start && offset < end) {
      add(Kind.WRONG_LINEAGE, name, offset, "the weights stored are of a batch that is none");
    } else if (offset >= end && committed) {
      add(
          Kind.WRONG_LINEAGE,
          name,
          offset,
          "the weights stored are of a batch that is not committed; committed is " + end);
    }
  }

  private void add(Kind kind, String model, long offset, String detail) {
    findings.add(kind, model, input, offset, detail);
  }
}
