package io.streamgrad.streams.learn;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.LabelOutcome;
import io.streamgrad.model.LateLabels;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.Moment;
import io.streamgrad.model.PendingBatch;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.model.PendingBatches.EarlyLabels;
import io.streamgrad.model.PendingBatches.Expired;
import io.streamgrad.model.PendingBatches.Match;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.learn.Effects.Applied;
import io.streamgrad.streams.learn.Effects.Learned;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.wire.DecodedBatch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The models of one partition and their learners: what a record of the input makes of them. Not
 * thread-safe.
 */
public class PartitionModels {
  private final ServiceConfig config;
  private final boolean labelsMayComeLater;
  private final Map<ModelSpec, Learner> learners = new HashMap<>();
  private WeightsStore weights;
  private PendingImages images;

  /** Models that are configured so; {@link #init} comes before all else. */
  @SuppressWarnings("NullAway.Init")
  PartitionModels(ServiceConfig config) {
    this.config = config;
    labelsMayComeLater = config.topics().hasLabels();
  }

  /** Models that are configured so, in this store. */
  PartitionModels(ServiceConfig config, WeightsStore weights, PendingImages images) {
    this(config);
    init(weights, images);
  }

  /** The models are in this store. */
  final void init(WeightsStore store, PendingImages pending) {
    weights = store;
    images = pending;
  }

  /**
   * Learns from a batch that a model may have learned from before, and then lost: if it comes after
   * the last one that the model has.
   *
   * @return whether it did
   */
  public boolean again(String name, DecodedBatch decoded, Event event) {
    if (!hasEffect(decoded)) {
      return false;
    }
    ModelEntry model = model(name);
    if (!isNew(model, event)) {
      if (labelsMayComeLater && !decoded.batch().labeled()) { // its images may be needed
        images.add(name, event.input().getOffset(), decoded.batch());
      }
      return false;
    }
    Prediction prediction = predict(learner(name), model.state(), decoded.batch());
    take(name, model, decoded, prediction, evaluation(decoded, prediction), event, Effects.UNHEARD);
    return true;
  }

  /**
   * Does the same with labels.
   *
   * @param imagesDeleted whether their images were not there any more
   */
  boolean again(String name, LateLabels labels, Event event, boolean imagesDeleted) {
    ModelEntry model = stored(name);
    if (model == null || isPast(model, event)) {
      return false;
    }
    long imagesFrom = imagesDeleted ? Long.MAX_VALUE : 0;
    take(name, checked(name, model), labels, event, imagesFrom, Effects.UNHEARD);
    return true;
  }

  /**
   * Whether a model is beyond the moment of labels: it has these or later ones, or a later batch.
   * Judged by what it is now, those that had no effect then might have one.
   */
  private static boolean isPast(ModelEntry model, Event labels) {
    Lineage lineage = model.lineage();
    return labels.input().getOffset() <= lineage.labels()
        || labels.moment().images() <= lineage.offset();
  }

  /** Whether a batch has an effect on a model. */
  final boolean hasEffect(DecodedBatch batch) {
    return batch.labeled() || labelsMayComeLater;
  }

  /** How good a prediction is, of the images that have labels; null if none has one. */
  static @Nullable Evaluation evaluation(DecodedBatch batch, Prediction prediction) {
    return batch.labeled() ? Evaluation.of(batch.ofLesson(prediction), batch.lesson()) : null;
  }

  /**
   * Learns from a batch that was predicted and scored, keeps it for labels that may come, and has
   * the store take the model.
   *
   * @param evaluation null where the batch has no labels
   */
  final void take(
      String name,
      ModelEntry before,
      DecodedBatch decoded,
      Prediction prediction,
      @Nullable Evaluation evaluation,
      Event event,
      Effects effects) {
    ModelState state = before.state();
    long offset = event.input().getOffset();
    Lineage place =
        new Lineage(
            event.input().getPartition(),
            offset,
            before.lineage().windowStart(),
            before.lineage().labels());
    ModelEntry model = new ModelEntry(state, place);
    if (evaluation != null) {
      MiniBatch lesson = decoded.lesson();
      Prediction ofLesson = decoded.ofLesson(prediction);
      state.count(lesson, ofLesson, evaluation);
      UpdateOutcome outcome = learn(learner(name), state, lesson, ofLesson, evaluation);
      state.remember(offset, outcome, evaluation);
      model = reported(name, model, evaluation, outcome, event.timestamp(), effects);
    }
    if (labelsMayComeLater) {
      model = keep(name, model, decoded, prediction, event, effects);
    }
    weights.put(name, model, event.moment());
  }

  /** Keeps a batch that was predicted until its labels come; some may have come before it. */
  private ModelEntry keep(
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
    images.removeUpTo(name, pending.forgotten());
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
  final boolean take(
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
      EarlyLabels held = new EarlyLabels(offset, event.timestamp(), labels);
      List<EarlyLabels> expired = pending.hold(held, config.labels().limits());
      before.state().remember(offset, LabelOutcome.HELD.name().hashCode());
      ModelEntry model = withLabels(before, offset);
      weights.put(name, model, event.moment());
      effects.applied(without(LabelOutcome.HELD, offset, null, model, event.moment()));
      expired(new Expired(0, 0, expired), model, event.moment(), effects);
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
    weights.put(name, model, event.moment().needing(batch.offset())); // to be learned again, too
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
    Prediction scored = scored(batch, places);
    MiniBatch lesson = pixels.of(places, labels.labelsAt(match.places()));
    Evaluation evaluation = Evaluation.of(scored, lesson);
    state.count(lesson, scored, evaluation);
    Learner learner = learner(name);
    Prediction now = predict(learner, state, lesson);
    UpdateOutcome outcome = learn(learner, state, lesson, now, Evaluation.of(now, lesson));
    state.remember(offset, outcome, evaluation);
    pending(state).learned(labels, match);
    if (batch.unlabeled() == 0) {
      images.remove(name, batch.offset());
    }
    ModelEntry model = reported(name, before, evaluation, outcome, event.timestamp(), effects);
    effects.applied(
        new Applied(
            offset,
            event.moment().images(),
            LabelOutcome.LEARNED,
            batch,
            scored,
            evaluation,
            state.version()));
    return model;
  }

  private static Applied without(
      LabelOutcome outcome,
      long labels,
      @Nullable PendingBatch batch,
      ModelEntry model,
      Moment moment) {
    return new Applied(
        labels, moment.images(), outcome, batch, null, null, model.state().version());
  }

  private static ModelEntry withLabels(ModelEntry model, long offset) {
    Lineage before = model.lineage();
    return new ModelEntry(
        model.state(),
        new Lineage(before.partition(), before.offset(), before.windowStart(), offset));
  }

  private static PendingBatches pending(ModelState state) {
    PendingBatches pending = state.pending();
    if (pending == null) {
      pending = new PendingBatches();
      state.keepPending(pending);
    }
    return pending;
  }

  /** Ends the report window if it is time, and tells what was learned. */
  private ModelEntry reported(
      String name,
      ModelEntry before,
      Evaluation evaluation,
      UpdateOutcome outcome,
      long timestamp,
      Effects effects) {
    ModelState state = before.state();
    Lineage place = before.lineage();
    ReportWindow window =
        ReportWindow.of(place.windowStart(), timestamp, state.window().images(), config.reports());
    MetricsReport.Reason due = window.due(outcome, config.reports());
    boolean ends = ReportWindow.endsWith(due);
    ModelStatus status =
        due == MetricsReport.Reason.REASON_UNSPECIFIED
            ? null
            : learner(name).status(name, state, ends ? window.of(state) : null);
    if (ends) {
      state.startWindow();
      window = window.next();
    }
    ModelEntry model =
        new ModelEntry(
            state, new Lineage(place.partition(), place.offset(), window.start(), place.labels()));
    effects.learned(new Learned(model, evaluation, outcome, due, status));
    return model;
  }

  // What tests break, to see that the oracle notices.

  protected Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
    return learner.predict(state, batch);
  }

  protected UpdateOutcome learn(
      Learner learner,
      ModelState state,
      MiniBatch batch,
      Prediction prediction,
      Evaluation evaluation) {
    return learner.learn(state, batch, prediction, evaluation);
  }

  /** What was predicted for images of a batch when it came. */
  protected Prediction scored(PendingBatch batch, int[] places) {
    return Objects.requireNonNull(batch.prediction()).of(places);
  }

  protected @Nullable ModelEntry stored(String name) {
    return weights.get(name);
  }

  /** So many nanoseconds were spent learning. */
  final void spent(long nanos) {
    weights.spent(nanos);
  }

  /** Whether a model has not learned from the batch of this place: it comes after its last. */
  static boolean isNew(ModelEntry model, Event event) {
    Lineage lineage = model.lineage();
    return event.input().getOffset() > lineage.offset()
        || event.input().getPartition() != lineage.partition();
  }

  final Learner learner(String name) {
    return learners.computeIfAbsent(config.model(name), Learner::new);
  }

  /** The model as it is stored, or a new one. */
  ModelEntry model(String name) {
    ModelEntry stored = stored(name);
    return stored == null
        ? new ModelEntry(ModelState.initial(config.model(name)), Lineage.NONE)
        : checked(name, stored);
  }

  /**
   * The model.
   *
   * @throws ModelMismatchException if it can't be gone on with
   */
  final ModelEntry checked(String name, ModelEntry stored) {
    String mismatch = stored.state().mismatch(config.model(name));
    if (mismatch != null) {
      throw new ModelMismatchException(name, mismatch);
    }
    return stored;
  }
}
