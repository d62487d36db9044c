package io.streamgrad.verify;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.Control;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.LabelOutcome;
import io.streamgrad.model.LateLabels;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.PendingBatch;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.model.PendingBatches.EarlyLabels;
import io.streamgrad.model.PendingBatches.Expired;
import io.streamgrad.model.PendingBatches.Match;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.BatchScore;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.ImageBatchDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What labels that come after their images must come to. Says so as messages, in the order in which
 * the service must have written them. Not thread-safe.
 */
final class LateReplay {
  private final ServiceConfig config;
  private final PastImages past;
  private final BiFunction<String, ModelState, Learner> learners;
  private final ComparisonsReplay comparisons;

  /** Where in the input something takes effect, and with the time stamp of which record. */
  private record Place(String model, int partition, long imagesOffset, long timestamp) {}

  /** The learner of a model comes from its name and state. */
  LateReplay(
      ServiceConfig config,
      PastImages past,
      BiFunction<String, ModelState, Learner> learners,
      ComparisonsReplay comparisons) {
    this.config = config;
    this.comparisons = comparisons;
    this.learners = learners;
    this.past = past;
  }

  /** A batch was predicted, and learned from if it has labels; returns what comes of labels. */
  List<Applied> predicted(
      String name,
      ReplayedModel model,
      ConsumerRecord<byte[], byte[]> record,
      long timestamp,
      DecodedBatch decoded,
      Prediction prediction) {
    PendingBatches pending = pending(model.state());
    PendingBatch batch =
        new PendingBatch(
            record.offset(),
            timestamp,
            decoded.batchId(),
            decoded.batch(),
            decoded.some(),
            prediction);
    pending.add(batch);
    if (!decoded.batch().labeled()) {
      past.keep(record);
      model.state().remember(record.offset(), Float.floatToIntBits(prediction.logits()[0]));
    }
    List<Applied> applied = new ArrayList<>();
    Place place = new Place(name, record.partition(), record.offset() + 1, timestamp);
    for (EarlyLabels early : pending.takeEarly(batch)) {
      Match match = pending.match(early.labels(), place.imagesOffset());
      applied.add(take(place, model, early.offset(), early.labels(), match, decoded.batch()));
    }
    Expired expired = pending.expire(timestamp, config.labels().limits());
    expired.batches().forEach(old -> past.drop(old.offset()));
    expired.labels().forEach(early -> applied.add(expired(place, model, early)));
    return applied;
  }

  private Applied expired(Place place, ReplayedModel model, EarlyLabels early) {
    return message(place, model, early.offset(), LabelOutcome.EXPIRED, null).build();
  }

  /**
   * Takes labels.
   *
   * @param model null where there is none
   * @param imagesDeleted whether the service did not find their images any more
   * @param effects takes what comes of others that had come before their batch
   */
  Applied labels(
      String name,
      @Nullable ReplayedModel model,
      ConsumerRecord<byte[], byte[]> record,
      long timestamp,
      LateLabels labels,
      long imagesOffset,
      boolean imagesDeleted,
      List<Applied> effects) {
    Place place = new Place(name, record.partition(), imagesOffset, timestamp);
    if (model == null) {
      return message(place, null, record.offset(), LabelOutcome.UNKNOWN_BATCH, null).build();
    }
    PendingBatches pending = pending(model.state());
    Match match = pending.match(labels, imagesOffset);
    if (match.outcome() == LabelOutcome.HELD) {
      List<EarlyLabels> expired =
          pending.holdAtMost(new EarlyLabels(record.offset(), timestamp, labels));
      model.state().remember(record.offset(), LabelOutcome.HELD.name().hashCode());
      model.tookLabels(record.offset());
      for (EarlyLabels early : expired) {
        effects.add(expired(place, model, early));
      }
      return message(place, model, record.offset(), LabelOutcome.HELD, null).build();
    }
    if (match.outcome() == LabelOutcome.LEARNED) {
      MiniBatch images =
          imagesDeleted ? null : images(name, Objects.requireNonNull(match.batch()).offset());
      if (images == null) {
        return message(place, model, record.offset(), LabelOutcome.IMAGES_DELETED, match.batch())
            .build();
      }
      Applied applied = take(place, model, record.offset(), labels, match, images);
      model.tookLabels(record.offset());
      return applied;
    }
    return message(place, model, record.offset(), match.outcome(), match.batch()).build();
  }

  /** Whether a model does not know the batch of labels, and would wait for it. */
  boolean holds(ReplayedModel model, LateLabels labels, long imagesOffset) {
    PendingBatches known = model.state().pending();
    PendingBatches waiting = known == null ? new PendingBatches() : known;
    return waiting.match(labels, imagesOffset).outcome() == LabelOutcome.HELD;
  }

  private @Nullable MiniBatch images(String name, long offset) {
    ConsumerRecord<byte[], byte[]> record = past.get(offset);
    try {
      return record == null
          ? null
          : ImageBatchDecoder.decode(
                  record.headers(), record.value(), config.model(name).ofAnyBatchSize())
              .batch();
    } catch (BadRecordException e) {
      throw new IllegalStateException("a batch that was decoded before", e);
    }
  }

  private Applied take(
      Place place,
      ReplayedModel model,
      long offset,
      LateLabels labels,
      Match match,
      MiniBatch images) {
    ModelState state = model.state();
    PendingBatch batch = Objects.requireNonNull(match.batch());
    if (match.outcome() != LabelOutcome.LEARNED) {
      return message(place, model, offset, match.outcome(), batch).build();
    }
    int[] places = labels.imagesAt(match.places());
    Prediction then = Objects.requireNonNull(batch.prediction()).of(places);
    MiniBatch lesson = images.of(places, labels.labelsAt(match.places()));
    Evaluation score = Evaluation.of(then, lesson);
    Control control = state.control();
    boolean presentPredicted =
        control.begins().isEmpty()
            || batch.offset() >= control.begins().get(control.begins().size() - 1);
    if (presentPredicted) {
      state.count(lesson, then, score);
      comparisons.scored(
          place.model(),
          state,
          new ComparisonsReplay.Scored(batch.offset(), places, lesson, then, score));
    }
    Learner learner = learners.apply(place.model(), state);
    UpdateOutcome outcome = Lessons.take(learner, state, lesson, null, null, place.timestamp());
    if (presentPredicted) {
      learner.detect(state, lesson, then, score, outcome);
    } else {
      learner.takeOver(state);
    }
    state.remember(offset, outcome, score);
    pending(state).learned(labels, match);
    if (batch.unlabeled() == 0) {
      past.drop(batch.offset());
    }
    LabelOutcome said = control.paused() ? LabelOutcome.SCORED : LabelOutcome.LEARNED;
    return message(place, model, offset, said, batch)
        .setImages(places.length)
        .setPredictedByVersion(then.version())
        .setScore(BatchScore.newBuilder().setCorrect(score.correct()).setMeanLoss(score.meanLoss()))
        .build();
  }

  private Applied.Builder message(
      Place place,
      @Nullable ReplayedModel model,
      long offset,
      LabelOutcome outcome,
      @Nullable PendingBatch batch) {
    Applied.Builder message =
        Applied.newBuilder()
            .setModel(place.model())
            .setLabels(position(config.topics().labels(), place, offset))
            .setImagesOffset(place.imagesOffset())
            .setOutcome(Applied.Outcome.valueOf(outcome.name()))
            .setModelVersion(model == null ? 0 : model.state().version());
    if (model != null) {
      message.setIncarnation(model.state().control().incarnation());
    }
    if (batch != null && model != null) {
      message
          .setPredictedByIncarnation(model.state().control().incarnationAt(batch.offset()))
          .setInput(position(config.topics().images(), place, batch.offset()))
          .setBatchId(batch.batchId());
    }
    return message;
  }

  private static InputPosition position(String topic, Place place, long offset) {
    return InputPosition.newBuilder()
        .setTopic(topic)
        .setPartition(place.partition())
        .setOffset(offset)
        .build();
  }

  private static PendingBatches pending(ModelState state) {
    PendingBatches pending = state.pending();
    if (pending == null) {
      pending = new PendingBatches();
      state.keepPending(pending);
    }
    return pending;
  }
}
