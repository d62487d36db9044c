package io.streamgrad.verify;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.TaggedState;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.Comparison;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.LateLabels;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.ImageBatchDecoder;
import io.streamgrad.wire.LabelBatchDecoder;
import io.streamgrad.wire.ModelLimit;
import io.streamgrad.wire.ModelName;
import io.streamgrad.wire.ModelPartitions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What a partition of the input must give: every model of it, learned by the plain learner, record
 * by record, from its beginning or from a snapshot. Not thread-safe.
 */
final class Replay {
  private final ServiceConfig config;
  private final PlacementHistory partitions;
  private final Predicate<String> covered;
  private final ModelLimit limit;
  private final RecentLearners learners = new RecentLearners();
  private final Map<String, ReplayedModel> models = new TreeMap<>();
  private final @Nullable LateReplay late; // null where labels come with the images only
  private final LabelBatchDecoder labelDecoder;
  private final CommandRecords commandRecords;
  private final CommandsReplay commands;
  private final ComparisonsReplay comparisons = new ComparisonsReplay();
  private final List<Applied> effects = new ArrayList<>();
  private long timestamp; // the highest so far, of images
  private long labelsTimestamp; // the same, of labels

  /**
   * Models as they begin.
   *
   * @param covered the names of the models to look at
   * @param names of the models of the partition, as far as they are known
   * @param initial what models begin with
   * @param past the images whose labels may come later; null where none may
   * @param kept what the service has stored of a model under a tag; null if nothing
   */
  Replay(
      ServiceConfig config,
      PlacementHistory partitions,
      Predicate<String> covered,
      Collection<String> names,
      InitialSpecs initial,
      @Nullable PastImages past,
      BiFunction<String, String, @Nullable TaggedState> kept) {
    this.config = config;
    this.partitions = partitions;
    this.covered = covered;
    limit = new ModelLimit(config, names);
    late = past == null ? null : new LateReplay(config, past, this::learner, comparisons);
    commandRecords = new CommandRecords(config, partitions, covered, limit);
    commands = new CommandsReplay(config, initial, kept);
    labelDecoder = new LabelBatchDecoder(config.topics().images());
  }

  /**
   * What must come of a record for a model: a prediction or a dead letter.
   *
   * @param model as the key names it; "?" where it names none
   * @param batch whether it is a batch, and then has a prediction
   * @param effect whether it has one on the model
   * @param prediction with all probabilities; null for a batch before the snapshot, whose weights
   *     are not known
   * @param bad why the record is a dead letter; null for a batch
   * @param follows whether the model takes the batch of another one
   */
  record Outcome(
      String model,
      boolean batch,
      boolean effect,
      @Nullable PredictionBatch prediction,
      @Nullable BadRecordException bad,
      boolean follows) {
    static Outcome bad(String model, @Nullable BadRecordException why) {
      return new Outcome(model, false, false, null, why, false);
    }
  }

  /**
   * What labels are.
   *
   * @param model as the key names it; "?" where it names none
   * @param bad why they are a dead letter; null for good ones
   */
  record LabelsOutcome(String model, @Nullable BadRecordException bad) {}

  /**
   * Begins a model with a state that was stored after the batch at an offset.
   *
   * @param lineage of labels and commands that are in it
   * @return null, or what makes the state not one of the configured model, which then is not begun
   */
  @Nullable String begin(String name, ModelState state, long offset, Lineage lineage) {
    String mismatch = state.mismatch(config.model(name));
    if (mismatch == null) {
      models.put(name, new ReplayedModel(state, offset, lineage));
    }
    return mismatch;
  }

  /**
   * Has a record's model and its followers predict the batch and learn from it, each if it comes
   * after its snapshot.
   *
   * @return that of the model, and of each follower; none if it is of models that are not looked at
   */
  List<Outcome> step(ConsumerRecord<byte[], byte[]> record) {
    timestamp = Math.max(timestamp, record.timestamp());
    String name = "?";
    try {
      name = ModelName.of(record.key(), config.defaultModel());
      ModelPartitions then = partitions.atImages(record.offset());
      then.check(record.key(), record.partition());
      ModelSpec model = config.model(name);
      DecodedBatch decoded = ImageBatchDecoder.decode(record.headers(), record.value(), model);
      limit.check(name, decoded);
      boolean effect = late != null || decoded.labeled();
      List<Outcome> outcomes = new ArrayList<>();
      comparisons.begin(name);
      PendingBatches held = held(name);
      if (covers(name)) {
        PredictionBatch prediction = learn(name, record, decoded, null, effects);
        outcomes.add(new Outcome(name, true, effect, prediction, null, false));
      }
      for (String follower : followers(then, name)) {
        PredictionBatch prediction = learn(follower, record, decoded, held, new ArrayList<>());
        outcomes.add(new Outcome(follower, true, effect, prediction, null, true));
      }
      return outcomes;
    } catch (BadRecordException e) {
      return covers(name) ? List.of(Outcome.bad(name, e)) : List.of();
    }
  }

  /** Whether a model was deleted by a command, and has not been there again since. */
  boolean hasDeleted(String name) {
    return commands.haveDeleted(name);
  }

  /** What a new follower waits for with its leader; null if that holds no labels. */
  private @Nullable PendingBatches held(String leader) {
    ReplayedModel led = existing(leader);
    PendingBatches pending = led == null ? null : led.state().pending();
    return pending == null || pending.earlyLabels() == 0 ? null : pending.ofNew();
  }

  /** The leader of a follower, as it is at the end; "" of another model. */
  String leader(String follower) {
    String last = partitions.atImages(Long.MAX_VALUE - 1).followers().leader(follower);
    return last == null ? "" : last;
  }

  /** How followers compare with their leaders so far, by name. */
  Map<String, Comparison> comparisons() {
    return comparisons.byFollower();
  }

  /** The models that took the records of another one, and are looked at. */
  private List<String> followers(ModelPartitions then, String leader) {
    return then.followers().of(leader).stream()
        .filter(this::covers)
        .filter(name -> models.containsKey(name) || !commands.haveDeleted(name))
        .toList();
  }

  /** The models that take a record of labels: the one that they are of, and its followers. */
  List<String> takers(String name, long labels) {
    List<String> takers = new ArrayList<>(followers(partitions.atLabels(labels), name));
    takers.add(0, name);
    return takers;
  }

  /** What came of labels in the last step that had come before their batch. */
  List<Applied> takeEffects() {
    List<Applied> taken = List.copyOf(effects);
    effects.clear();
    return taken;
  }

  /**
   * What a record of the labels topic is.
   *
   * @return null if it is of a model that is not looked at
   */
  @Nullable LabelsOutcome labels(ConsumerRecord<byte[], byte[]> record) {
    String name = "?";
    try {
      name = ModelName.of(record.key(), config.defaultModel());
      partitions.atLabels(record.offset()).check(record.key(), record.partition());
      decode(name, record);
      return covers(name) ? new LabelsOutcome(name, null) : null;
    } catch (BadRecordException e) {
      return covers(name) ? new LabelsOutcome(name, e) : null;
    }
  }

  private LateLabels decode(String name, ConsumerRecord<byte[], byte[]> record)
      throws BadRecordException {
    return labelDecoder
        .decode(record.headers(), record.value(), config.model(name), record.partition())
        .labels();
  }

  /**
   * Takes labels.
   *
   * @param record that is good
   * @param found what the service says of it: when it took effect, whether the images were not
   *     there any more, and whether it waits for them
   * @return what must be said of it; null if they are in the state that the model began with
   */
  @Nullable Applied labels(ConsumerRecord<byte[], byte[]> record, Applied found) {
    long imagesOffset = found.getImagesOffset();
    boolean imagesDeleted = found.getOutcome() == Applied.Outcome.IMAGES_DELETED;
    boolean held = found.getOutcome() == Applied.Outcome.HELD;
    labelsTimestamp = Math.max(labelsTimestamp, record.timestamp());
    try {
      String name = ModelName.of(record.key(), config.defaultModel());
      LateLabels decoded = decode(name, record);
      Applied said = null;
      comparisons.begin(name);
      for (String taker : takers(name, record.offset())) {
        ReplayedModel model = existing(taker);
        boolean leads = taker.equals(name);
        if ((model == null && !leads)
            || (model != null && model.hasTaken(record.offset(), imagesOffset))) {
          continue;
        }
        LateReplay replay = Objects.requireNonNull(late);
        if (model != null && !leads && !held && replay.holds(model, decoded, imagesOffset)) {
          continue; // of a batch from before it followed
        }
        Applied own =
            replay.labels(
                taker,
                model,
                record,
                record.timestamp() >= 0 ? record.timestamp() : labelsTimestamp,
                decoded,
                imagesOffset,
                imagesDeleted,
                leads ? effects : new ArrayList<>());
        said = leads ? own : said;
      }
      return said;
    } catch (BadRecordException e) {
      throw new IllegalStateException("labels that were good before", e);
    }
  }

  private @Nullable ReplayedModel existing(String name) {
    ReplayedModel model = models.get(name);
    return model != null && model.exists() ? model : null;
  }

  /** What records of the commands topic are. */
  CommandRecords commandRecords() {
    return commandRecords;
  }

  /**
   * Takes a command.
   *
   * @param said what the service says of it, and so when it took effect
   * @return what must be said of it, but for the reason; null if it is in the state that the model
   *     began with
   */
  @Nullable Applied command(CommandRecord record, Applied said) {
    String name = record.model();
    if (record.misplaced()) {
      return CommandsReplay.refused(name, record.good(), said);
    }
    Applied right = commands.take(name, models, record.good(), said, leaderAt(said));
    if (!models.containsKey(name)) {
      comparisons.remove(name);
    }
    return right;
  }

  /** The model that the model of a command followed when it took effect; null if none. */
  @Nullable String leaderAt(Applied command) {
    return partitions
        .atCommands(command.getCommand().getOffset())
        .followers()
        .leader(command.getModel());
  }

  /**
   * What the weights of a model, as they are now, predict for a batch that was a step already.
   *
   * @param record of the batch
   */
  PredictionBatch predict(String name, ConsumerRecord<byte[], byte[]> record) {
    try {
      DecodedBatch decoded =
          ImageBatchDecoder.decode(record.headers(), record.value(), config.model(name));
      ModelState state = Objects.requireNonNull(models.get(name)).state();
      Prediction prediction = learner(name, state).predict(state, decoded.batch());
      return ReplayedPrediction.message(name, state, record, decoded, prediction);
    } catch (BadRecordException e) {
      throw new IllegalStateException("a batch that was decoded before", e);
    }
  }

  /** Whether a model is looked at. */
  boolean covers(String name) {
    return covered.test(name);
  }

  /** Whether a model lives in this partition at the end, so that its batches in it are learned. */
  boolean livesIn(int partition, String name) {
    return partitions.atImages(Long.MAX_VALUE - 1).of(name) == partition;
  }

  /** The learner of a model, with the settings that it has. */
  Learner learner(String name, ModelState state) {
    return learners.of(commands.spec(name, state));
  }

  /** The models so far, by name. */
  Map<String, ReplayedModel> models() {
    return models;
  }

  /**
   * @param held labels that a new model waits for from the beginning; null if there are none
   * @param applied takes what comes of labels that had come before
   */
  private @Nullable PredictionBatch learn(
      String name,
      ConsumerRecord<byte[], byte[]> record,
      DecodedBatch decoded,
      @Nullable PendingBatches held,
      List<Applied> applied) {
    MiniBatch batch = decoded.batch();
    ReplayedModel replayed =
        models.computeIfAbsent(name, born -> commands.born(name, record.offset()));
    if (replayed.hasLearnedNothing()) {
      replayed.begin(commands.initial(name, record.offset()));
      if (held != null) {
        replayed.state().keepPending(held.ofNew());
      }
    }
    if (record.offset() <= replayed.since()) {
      return null;
    }
    ModelState state = replayed.state();
    Learner learner = learner(name, state);
    Prediction prediction = learner.predict(state, batch);
    MiniBatch lesson = decoded.lesson();
    if (lesson != null) {
      Prediction ofLesson = decoded.ofLesson(prediction);
      Evaluation evaluation = Evaluation.of(ofLesson, lesson);
      state.count(lesson, ofLesson, evaluation);
      comparisons.scored(
          name,
          state,
          new ComparisonsReplay.Scored(
              record.offset(), decoded.placesOfLesson(), lesson, ofLesson, evaluation));
      UpdateOutcome outcome =
          Lessons.take(learner, state, lesson, ofLesson, evaluation, time(record));
      learner.detect(state, lesson, ofLesson, evaluation, outcome);
      state.remember(record.offset(), outcome, evaluation);
      replayed.learned(record.offset());
    }
    if (late != null) {
      replayed.learned(record.offset());
      applied.addAll(late.predicted(name, replayed, record, time(record), decoded, prediction));
    }
    return ReplayedPrediction.message(name, state, record, decoded, prediction);
  }

  /** The time stamp that counts for a record of the images topic. */
  private long time(ConsumerRecord<byte[], byte[]> record) {
    return record.timestamp() >= 0 ? record.timestamp() : timestamp;
  }
}
