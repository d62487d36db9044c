package io.streamgrad.streams.learn;

import io.streamgrad.config.ConfigException;
import io.streamgrad.config.Followers;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.DeletedModel;
import io.streamgrad.format.changelog.LabelsTaken;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.Control;
import io.streamgrad.model.DriftEvent;
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
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.store.WeightsStore;
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
  private final CommandedSpecs specs;
  private final Followers followers;
  private final Map<ModelSpec, Learner> learners = new HashMap<>();
  private WeightsStore weights;
  private PendingImages images;
  private LateLearning late;

  /** Models that are configured so; {@link #init} comes before all else. */
  @SuppressWarnings("NullAway.Init")
  PartitionModels(ServiceConfig config) {
    this.config = config;
    specs = new CommandedSpecs(config);
    followers = new Followers(config);
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
    late = new LateLearning(config, this, pending);
  }

  /**
   * Has a model and its followers learn from a batch that they may have learned from before, and
   * then lost: those that have not come to it.
   *
   * @return whether one did
   */
  public boolean again(String name, DecodedBatch decoded, Event event) {
    if (!hasEffect(decoded)) {
      return false;
    }
    boolean learned = learnAgain(name, decoded, event);
    for (String follower : followers(name)) {
      learned |= learnAgain(follower, decoded, event);
    }
    return learned;
  }

  private boolean learnAgain(String name, DecodedBatch decoded, Event event) {
    ModelEntry model = model(name);
    if (!isNew(model, event)) {
      PendingBatches pending = model.state().pending();
      if (pending != null && pending.isWaiting(event.input().getOffset())) {
        images.add(name, event.input().getOffset(), decoded.batch());
      }
      return false;
    }
    Prediction prediction = predict(learner(name, model.state()), model.state(), decoded.batch());
    take(name, model, decoded, prediction, evaluation(decoded, prediction), event, Effects.UNHEARD);
    return true;
  }

  /**
   * Does the same with labels.
   *
   * @param taken what is known of how they took effect
   */
  void again(String name, LateLabels labels, Event event, LabelsTaken taken) {
    learnAgain(name, labels, event, taken, true);
    followers(name).forEach(follower -> learnAgain(follower, labels, event, taken, taken.held()));
  }

  private void learnAgain(
      String name, LateLabels labels, Event event, LabelsTaken taken, boolean mayHold) {
    ModelEntry model = stored(name);
    if (model != null && !isPast(model, event) && (mayHold || !holds(model, labels, event))) {
      long imagesFrom = taken.imagesDeleted() ? Long.MAX_VALUE : 0;
      take(name, checked(name, model), labels, event, imagesFrom, Effects.UNHEARD);
    }
  }

  /**
   * The models that a record of another one has its effects on as well, in order of name. One that
   * was deleted follows no more.
   */
  final List<String> followers(String leader) {
    List<String> all = followers.of(leader);
    return all.isEmpty() ? all : all.stream().filter(name -> !isDeleted(name)).toList();
  }

  /**
   * Has new followers wait for the batches of labels that their leader holds: those come after they
   * began, and are their own.
   */
  final void begin(List<String> followers, String leader, Event event) {
    ModelEntry led = followers.isEmpty() ? null : stored(leader);
    PendingBatches held = led == null ? null : led.state().pending();
    if (held == null || held.earlyLabels() == 0) {
      return;
    }
    for (String follower : followers) {
      if (stored(follower) == null) {
        ModelEntry model = begun(follower);
        model.state().keepPending(held.ofNew());
        weights.putWhole(follower, model, event.moment());
      }
    }
  }

  /** The model that one follows; null if it follows none. */
  final @Nullable String leader(String follower) {
    return followers.leader(follower);
  }

  private boolean isDeleted(String name) {
    DeletedModel left = weights.get(name) == null ? weights.deleted(name) : null;
    return left != null && !left.control().equals(Control.NONE);
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

  /**
   * Whether a model does not know the batch of labels, and would wait for it. A follower does only
   * where its leader does: what that one knows came before it followed, and a batch that comes
   * later may have the same id.
   */
  static boolean holds(ModelEntry model, LateLabels labels, Event event) {
    PendingBatches known = model.state().pending();
    return (known == null ? new PendingBatches() : known)
            .match(labels, event.moment().images())
            .outcome()
        == LabelOutcome.HELD;
  }

  /** Whether a batch has an effect on a model. */
  final boolean hasEffect(DecodedBatch batch) {
    return batch.labeled() || labelsMayComeLater;
  }

  /** How good a prediction is, of the images that have labels; null if none has one. */
  static @Nullable Evaluation evaluation(DecodedBatch batch, Prediction prediction) {
    MiniBatch lesson = batch.lesson();
    return lesson == null ? null : Evaluation.of(batch.ofLesson(prediction), lesson);
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
    Lineage place = before.lineage().withBatch(event.input().getPartition(), offset);
    ModelEntry model = new ModelEntry(state, place);
    MiniBatch lesson = decoded.lesson();
    if (lesson != null && evaluation != null) {
      Prediction ofLesson = decoded.ofLesson(prediction);
      state.count(lesson, ofLesson, evaluation);
      effects.scored(
          new Effects.Scored(offset, decoded.placesOfLesson(), lesson, ofLesson, evaluation));
      UpdateOutcome outcome =
          learnUnlessPaused(name, state, lesson, ofLesson, evaluation, event.timestamp());
      DriftEvent drift = learner(name, state).detect(state, lesson, ofLesson, evaluation, outcome);
      state.remember(offset, outcome, evaluation);
      model = reported(name, model, evaluation, outcome, drift, event.timestamp(), effects);
    }
    if (labelsMayComeLater) {
      model = late.keep(name, model, decoded, prediction, event, effects);
    }
    put(name, model, event.moment());
  }

  /**
   * Takes labels that came after their images, or before.
   *
   * @param imagesFrom images before this offset are known not to be in their topic any more
   * @return whether their images are not there any more
   */
  final boolean take(
      String name,
      ModelEntry before,
      LateLabels labels,
      Event event,
      long imagesFrom,
      Effects effects) {
    return late.take(name, before, labels, event, imagesFrom, effects);
  }

  /** Has the store take a model, as {@link WeightsStore#put}. */
  final void put(String name, ModelEntry model, Moment from) {
    weights.put(name, model, from);
  }

  /** Ends the report window if it is time, and tells what was learned. */
  final ModelEntry reported(
      String name,
      ModelEntry before,
      Evaluation evaluation,
      UpdateOutcome outcome,
      @Nullable DriftEvent drift,
      long timestamp,
      Effects effects) {
    ModelState state = before.state();
    Lineage place = before.lineage();
    ReportWindow window =
        ReportWindow.of(place.windowStart(), timestamp, state.window().images(), config.reports());
    MetricsReport.Reason due = window.due(outcome, drift, config.reports());
    boolean ends = ReportWindow.endsWith(due);
    ModelStatus status =
        due == MetricsReport.Reason.REASON_UNSPECIFIED
            ? null
            : learner(name, state).status(name, state, ends ? window.of(state) : null);
    if (ends) {
      state.startWindow();
      window = window.next();
    }
    ModelEntry model = new ModelEntry(state, place.withWindow(window.start()));
    effects.learned(new Learned(model, evaluation, outcome, drift, due, status));
    return model;
  }

  /**
   * Learns from labeled images, unless the model is paused: now, or together with others once there
   * are enough.
   *
   * @param prediction of these images by the weights as they are; null if there is none
   * @param evaluation of it
   */
  final UpdateOutcome learnUnlessPaused(
      String name,
      ModelState state,
      MiniBatch lesson,
      @Nullable Prediction prediction,
      @Nullable Evaluation evaluation,
      long timestamp) {
    if (isPaused(state)) {
      return UpdateOutcome.IGNORED;
    }
    Learner learner = learner(name, state);
    ModelSpec spec = learner.spec();
    MiniBatch overdue = state.overdue(timestamp, spec.batchWait());
    UpdateOutcome before = overdue == null ? UpdateOutcome.WAITING : learn(learner, state, overdue);
    MiniBatch now = state.gather(lesson, spec.batchSize(), timestamp);
    if (now == null) {
      return before;
    }
    boolean alone = now.equals(lesson) && overdue == null;
    UpdateOutcome outcome =
        alone && prediction != null && evaluation != null
            ? learn(learner, state, now, prediction, evaluation)
            : learn(learner, state, now);
    return outcome.compareTo(before) > 0 ? outcome : before;
  }

  private UpdateOutcome learn(Learner learner, ModelState state, MiniBatch batch) {
    Prediction now = predict(learner, state, batch);
    return learn(learner, state, batch, now, Evaluation.of(now, batch));
  }

  /** Whether labels may come after their images. */
  final boolean labelsMayComeLater() {
    return labelsMayComeLater;
  }

  /** Where the models are. */
  final WeightsStore weights() {
    return weights;
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

  /** Whether a model learns nothing for now. */
  protected boolean isPaused(ModelState state) {
    return state.control().paused();
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

  /** A model is no more: its images are kept for nobody. */
  final void deleted(String name, ModelEntry model) {
    PendingBatches pending = model.state().pending();
    if (pending != null) {
      pending.batches().forEach(batch -> images.remove(name, batch.offset()));
    }
  }

  /** The learner of a model with the settings that it learns with. */
  final Learner learner(String name, ModelState state) {
    return learners.computeIfAbsent(specs.of(name, state.control()), Learner::new);
  }

  /** A model learns with these settings no more; another one that does gets a new learner. */
  final void forgetLearner(ModelSpec before) {
    learners.remove(before);
  }

  /**
   * The settings that a model learns with: the configuration's, and those of commands over them.
   */
  final ModelSpec spec(String name, Control control) {
    return specs.of(name, control);
  }

  /** Whether a model's settings have averaged weights predict. */
  final boolean averages(String name, ModelState state) {
    return specs.of(name, state.control()).averaging() > 0;
  }

  /** The model as it is stored, or a new one. */
  ModelEntry model(String name) {
    ModelEntry stored = stored(name);
    return stored == null ? begun(name) : checked(name, stored);
  }

  /** A new model: the first of its name, or the next incarnation after one that was deleted. */
  private ModelEntry begun(String name) {
    ModelState state = ModelState.initial(config.model(name));
    DeletedModel before = weights.deleted(name);
    state.setControl(begun(before));
    return new ModelEntry(state, before == null ? Lineage.NONE : before.lineage());
  }

  /**
   * What commands have made of a new model.
   *
   * @param before what is left of its name; null if nothing is
   */
  static Control begun(@Nullable DeletedModel before) {
    return before == null || before.control().equals(Control.NONE) // a name that had no model
        ? Control.NONE
        : before.control().next(before.lineage().offset() + 1);
  }

  /**
   * The model.
   *
   * @throws ModelMismatchException if it can't be gone on with
   */
  final ModelEntry checked(String name, ModelEntry stored) {
    String mismatch = mismatch(name, stored.state());
    if (mismatch != null) {
      throw new ModelMismatchException(name, mismatch);
    }
    return stored;
  }

  /** What keeps a state from being a model of this name; null if nothing does. */
  final @Nullable String mismatch(String name, ModelState state) {
    String mismatch = state.mismatch(config.model(name));
    if (mismatch != null) {
      return mismatch;
    }
    try {
      specs.of(name, state.control());
      return null;
    } catch (ConfigException e) {
      return "settings that were set by command and do not fit the configuration (%s)"
          .formatted(e.getMessage());
    }
  }
}
