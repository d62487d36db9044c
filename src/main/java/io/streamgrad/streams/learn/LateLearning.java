package io.streamgrad.streams.learn;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.Control;
import io.streamgrad.model.DriftEvent;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.LabelOutcome;
import io.streamgrad.model.LateLabels;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Moment;
import io.streamgrad.model.PendingBatch;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.model.PendingBatches.EarlyLabels;
import io.streamgrad.model.PendingBatches.Expired;
import io.streamgrad.model.PendingBatches.Match;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.streams.learn.Effects.Applied;
import io.streamgrad.wire.DecodedBatch;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the models of a partition learn from labels that do not come with their images. Used by one
 * thread at a time.
 */
final class LateLearning {
  private final ServiceConfig config;
  private final PartitionModels models;
  private final PendingImages images;

  LateLearning(ServiceConfig config, PartitionModels models, PendingImages images) {
    this.config = config;
    this.models = models;
    this.images = images;
  }

  /** Keeps a batch that was predicted until its labels come; some may have come before it. */
  ModelEntry keep(
      String name,
      ModelEntry before,
      DecodedBatch decoded,
      Prediction prediction,
      Event event,
      Effects effects) {
    ModelState state = before.state();
    PendingBatches pending = pending(state);
    long offset = event.input().getOffset();
    PendingBatch batch =
        new PendingBatch(
            offset,
            event.timestamp(),
            decoded.batchId(),
            decoded.batch(),
            decoded.some(),
            prediction);
    pending.add(batch);
    if (!decoded.batch().labeled()) {
      images.add(name, offset, decoded.batch());
      state.remember(offset, Float.floatToIntBits(prediction.logits()[0]));
    }
    ModelEntry model = before;
    Moment after = new Moment(offset + 1, event.moment().labels());
    for (EarlyLabels early : pending.takeEarly(batch)) {
      Match match = pending.match(early.labels(), after.images());
      Event then = new Event(event.input(), event.timestamp(), after);
      model =
          take(name, model, early.labels(), early.offset(), match, decoded.batch(), then, effects);
    }
    Expired expired = pending.expire(event.timestamp(), config.labels().limits());
    expired.batches().forEach(old -> images.remove(name, old.offset()));
    expired(expired, model, after, effects);
    return model;
  }

  private static void expired(Expired expired, ModelEntry model, Moment when, Effects effects) {
    for (EarlyLabels early : expired.labels()) {
      effects.applied(without(LabelOutcome.EXPIRED, early.offset(), null, model, when));
    }
    effects.expired(expired);
  }

  /**
   * Takes labels that came after their images, or before.
   *
   * @param imagesFrom images before this offset are known not to be in their topic any more: after
   *     a crash they could not be learned again
   * @return whether their images are not there any more
   */
  boolean take(
      String name,
      ModelEntry before,
      LateLabels labels,
      Event event,
      long imagesFrom,
      Effects effects) {
    PendingBatches pending = pending(before.state());
    long offset = event.input().getOffset();
    Match match = pending.match(labels, event.moment().images());
    if (match.outcome() == LabelOutcome.HELD) {
      List<EarlyLabels> expired =
          pending.holdAtMost(new EarlyLabels(offset, event.timestamp(), labels));
      before.state().remember(offset, LabelOutcome.HELD.name().hashCode());
      ModelEntry model = withLabels(before, offset);
      models.put(name, model, event.moment());
      effects.applied(without(LabelOutcome.HELD, offset, null, model, event.moment()));
      expired(new Expired(List.of(), 0, 0, expired), model, event.moment(), effects);
      return false;
    }
    PendingBatch batch = match.batch();
    if (match.outcome() != LabelOutcome.LEARNED || batch == null) {
      effects.applied(without(match.outcome(), offset, batch, before, event.moment()));
      return false;
    }
    MiniBatch pixels =
        batch.offset() < imagesFrom ? null : images.get(name, batch.offset(), config);
    if (pixels == null) {
      effects.applied(without(LabelOutcome.IMAGES_DELETED, offset, batch, before, event.moment()));
      return true;
    }
    ModelEntry model =
        withLabels(take(name, before, labels, offset, match, pixels, event, effects), offset);
    models.put(name, model, event.moment().needing(batch.offset())); // to be learned again, too
    return false;
  }

  /** Takes labels whose batch is there; learns from the images that had none. */
  private ModelEntry take(
      String name,
      ModelEntry before,
      LateLabels labels,
      long offset,
      Match match,
      MiniBatch pixels,
      Event event,
      Effects effects) {
    PendingBatch batch = Objects.requireNonNull(match.batch());
    ModelState state = before.state();
    if (match.outcome() != LabelOutcome.LEARNED) {
      effects.applied(without(match.outcome(), offset, batch, before, event.moment()));
      return before;
    }
    int[] places = labels.imagesAt(match.places());
    Prediction scored = models.scored(batch, places);
    MiniBatch lesson = pixels.of(places, labels.labelsAt(match.places()));
    Evaluation evaluation = Evaluation.of(scored, lesson);
    Control control = state.control();
    boolean presentPredicted = control.incarnationAt(batch.offset()) == control.incarnation();
    if (presentPredicted) {
      state.count(lesson, scored, evaluation); // else it says nothing of these weights
      effects.scored(new Effects.Scored(batch.offset(), places, lesson, scored, evaluation));
    }
    boolean paused = models.isPaused(state);
    UpdateOutcome outcome =
        models.learnUnlessPaused(name, state, lesson, null, null, event.timestamp());
    Learner learner = models.learner(name, state);
    DriftEvent drift =
        presentPredicted
            ? learner.detect(state, lesson, scored, evaluation, outcome)
            : learner.takeOver(state);
    state.remember(offset, outcome, evaluation);
    pending(state).learned(labels, match);
    if (batch.unlabeled() == 0) {
      images.remove(name, batch.offset());
    }
    ModelEntry model =
        models.reported(name, before, evaluation, outcome, drift, event.timestamp(), effects);
    effects.applied(
        new Applied(
            offset,
            event.moment().images(),
            paused ? LabelOutcome.SCORED : LabelOutcome.LEARNED,
            batch,
            scored,
            evaluation,
            state.version(),
            control));
    return model;
  }

  private static Applied without(
      LabelOutcome outcome,
      long labels,
      @Nullable PendingBatch batch,
      ModelEntry model,
      Moment moment) {
    return new Applied(
        labels,
        moment.images(),
        outcome,
        batch,
        null,
        null,
        model.state().version(),
        model.state().control());
  }

  private static ModelEntry withLabels(ModelEntry model, long offset) {
    return new ModelEntry(model.state(), model.lineage().withLabels(offset));
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
