package io.streamgrad.streams.learn;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.LabelsTaken;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.Comparison;
import io.streamgrad.model.Control;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.LabelOutcome;
import io.streamgrad.model.LateLabels;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.PendingBatches.Expired;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.Progress;
import io.streamgrad.store.InputPlace;
import io.streamgrad.wire.AppliedMessage;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.DecodedCommand;
import io.streamgrad.wire.InputPositions;
import io.streamgrad.wire.MisplacedCommand;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done with one record of the input: a batch is predicted, scored, learned from, labels are
 * learned from with the images that came before, and all this is said.
 *
 * <p>Not thread-safe: a call of {@link #run} on another thread has to end before any other call.
 */
public class LearnStep extends PartitionModels {
  private static final Logger LOG = LoggerFactory.getLogger(LearnStep.class);

  private final ServiceConfig config;
  private final ServiceMetrics metrics;
  private final Set<String> models = new HashSet<>();
  private final FollowerComparison comparing = new FollowerComparison();

  /** A step of models that are configured so. */
  public LearnStep(ServiceConfig config, ServiceMetrics metrics) {
    super(config);
    this.config = config;
    this.metrics = metrics;
  }

  /**
   * Predicts, scores and learns a batch, and gives the outputs to their consumer as they are made.
   * A batch that comes again, as it may at-least-once, is predicted again, and not learned from
   * again. Its followers do the same.
   */
  void run(DecodedBatch decoded, StepOutputs outputs) {
    long start = System.nanoTime();
    List<String> followers = followers(outputs.model());
    comparing.begin(followers);
    begin(followers, outputs.model(), outputs.event());
    run(decoded, outputs, true);
    for (String follower : followers) {
      run(decoded, outputs.of(follower), false);
    }
    end(start);
  }

  private void run(DecodedBatch decoded, StepOutputs outputs, boolean leads) {
    String name = outputs.model();
    MiniBatch batch = decoded.batch();
    ModelEntry model = model(name);
    boolean kept = hasEffect(decoded) || stored(name) != null;
    if (kept && !models.contains(name)) {
      show(name, model); // of a name that nothing is learned about nothing is kept
    }

    Prediction prediction = predict(learner(name, model.state()), model.state(), batch);
    Evaluation evaluation = evaluation(decoded, prediction);
    if (leads || config.outputs().followers()) {
      outputs.prediction(
          decoded.batchId(),
          model.state().control().incarnation(),
          prediction,
          evaluation,
          config.outputs().probabilities());
    }
    if (hasEffect(decoded) && isNew(model, outputs.event())) {
      Said said = new Said(outputs, leads, model.state());
      take(name, model, decoded, prediction, evaluation, outputs.event(), said);
      said.end();
    }
    int unlabeled = batch.images() - (evaluation == null ? 0 : evaluation.images());
    if (unlabeled > 0) {
      metrics.predictedUnlabeled(name, unlabeled);
    }
  }

  /** Takes labels that came after their images, and notes when. */
  void run(LateLabels labels, StepOutputs outputs, InputPlace input) {
    long start = System.nanoTime();
    String name = outputs.model();
    Event event = outputs.event();
    ModelEntry model = stored(name);
    boolean held = model != null && holds(model, labels, event);
    boolean imagesDeleted = false;
    List<String> followers = followers(name);
    comparing.begin(followers);
    if (model == null) {
      Effects.Applied none =
          new Effects.Applied(
              event.input().getOffset(),
              event.moment().images(),
              LabelOutcome.UNKNOWN_BATCH,
              null,
              null,
              null,
              0,
              Control.NONE);
      say(none, outputs);
    } else {
      imagesDeleted = take(model, labels, outputs, true, input);
    }
    for (String follower : followers) {
      ModelEntry own = stored(follower);
      if (own != null && (held || !holds(own, labels, event))) {
        imagesDeleted |= take(own, labels, outputs.of(follower), false, input);
      }
    }
    input.take(
        new LabelsTaken(event.input().getOffset(), event.moment().images(), imagesDeleted, held));
    end(start);
  }

  private boolean take(
      ModelEntry model, LateLabels labels, StepOutputs outputs, boolean leads, InputPlace input) {
    String name = outputs.model();
    Said said = new Said(outputs, leads, model.state());
    boolean imagesDeleted =
        take(name, checked(name, model), labels, outputs.event(), input.imagesStart(), said);
    said.end();
    return imagesDeleted;
  }

  /** Obeys a command, or refuses it, and says so. */
  void run(DecodedCommand command, StepOutputs outputs) {
    long start = System.nanoTime();
    String name = outputs.model();
    Event event = outputs.event();
    Commands.Outcome outcome = new Commands(config, this).take(name, command, event);
    ModelEntry after = stored(name);
    io.streamgrad.v1.Applied.Builder message =
        AppliedMessage.of(name, command, event.input(), event.moment(), outcome.refused());
    if (after != null) {
      AppliedMessage.withIncarnation(message, after.state().control(), null);
      message.setModelVersion(after.state().version());
      show(name, after);
      String leader = command.kind() == io.streamgrad.v1.Command.Kind.PROMOTE ? leader(name) : null;
      ModelEntry led = leader == null ? null : stored(leader);
      if (leader != null && led != null) {
        show(leader, led);
      }
    } else if (models.remove(name)) {
      metrics.removeModel(name);
    }
    if (outcome.held()) {
      message.setOutcome(io.streamgrad.v1.Applied.Outcome.HELD);
    } else {
      metrics.commanded(outcome.refused() == null);
    }
    outputs.applied(message.setKeptAs(outcome.keptAs()).build());
    end(start);
  }

  /**
   * Says that a command for another partition's model is refused; no model here has to do with it.
   */
  void refuse(MisplacedCommand misplaced, StepOutputs outputs) {
    Event event = outputs.event();
    outputs.applied(
        AppliedMessage.of(
                outputs.model(),
                misplaced.command(),
                event.input(),
                event.moment(),
                misplaced.reason())
            .build());
    metrics.commanded(false);
  }

  private void end(long start) {
    long nanos = System.nanoTime() - start;
    spent(nanos);
    metrics.stepped(nanos);
  }

  /** Says what came of labels. */
  private void say(Effects.Applied applied, StepOutputs outputs) {
    io.streamgrad.v1.Applied.Builder message =
        AppliedMessage.of(
            outputs.model(),
            InputPositions.of(
                config.topics().labels(), outputs.event().input().getPartition(), applied.labels()),
            applied.imagesOffset(),
            applied.outcome(),
            applied.version());
    AppliedMessage.withBatch(message, config.topics().images(), applied.batch());
    AppliedMessage.withIncarnation(message, applied.control(), applied.batch());
    if (applied.scored() != null && applied.evaluation() != null) {
      AppliedMessage.withScore(message, applied.scored(), applied.evaluation());
    }
    outputs.applied(message.build());
    metrics.applied(applied.outcome());
  }

  /** Compares a follower with its leader. At-least-once, images may come again. */
  private void compare(String follower, Control control, Effects.Scored scored) {
    Comparison before = weights().comparisons().get(follower);
    if (before == null || labelsMayComeLater() || scored.batch() > before.last()) {
      Comparison after = comparing.follower(control, scored, before);
      if (after != null) {
        weights().comparisons().put(follower, after);
      }
    }
  }

  /**
   * Says what a record does, to the topics and to the meters. What comes of labels is said once, by
   * the model that they are of.
   */
  private final class Said implements Effects {
    private final StepOutputs outputs;
    private final boolean leads;
    private final Control control;
    private final long versionBefore;
    private long imagesLearned; // told so far
    private long batchesLearned;

    Said(StepOutputs outputs, boolean leads, ModelState state) {
      Progress before = state.progress();
      this.outputs = outputs;
      this.leads = leads;
      control = state.control();
      versionBefore = before.version;
      imagesLearned = before.imagesLearned;
      batchesLearned = before.batchesLearned;
    }

    @Override
    public void scored(Scored scored) {
      if (!leads) {
        compare(outputs.model(), control, scored);
      } else {
        comparing.leader(control, scored);
      }
    }

    @Override
    public void learned(Learned learned) {
      String name = outputs.model();
      ModelState state = learned.model().state();
      Progress now = state.progress();
      metrics.scored(name, state, learned.evaluation(), learned.outcome());
      metrics.learned(name, now.imagesLearned - imagesLearned, now.batchesLearned - batchesLearned);
      imagesLearned = now.imagesLearned;
      batchesLearned = now.batchesLearned;
      if (learned.drift() != null) {
        metrics.drifted(name, learned.drift());
      }
      if (learned.status() != null) {
        metrics.report(learned.status());
        outputs.report(
            learned.status(), learned.model().state().control(), learned.due(), learned.drift());
      }
    }

    @Override
    public void applied(Applied applied) {
      if (leads) {
        say(applied, outputs);
      }
    }

    @Override
    public void expired(Expired expired) {
      if (leads) {
        metrics.expired(expired);
      }
    }

    /** The record has had all its effects. */
    void end() {
      ModelEntry model = Objects.requireNonNull(stored(outputs.model()));
      long version = model.state().version();
      if (config.snapshots().due(versionBefore, version)) {
        Lineage place = model.lineage();
        outputs.snapshot(
            model,
            InputPositions.of(config.topics().images(), place.partition(), place.offset()),
            version / config.snapshots().everyUpdates());
      }
      if (leads && model.state().pending() != null) {
        metrics.pending(outputs.model(), model.state().pending());
      }
    }
  }

  /**
   * Goes on with a model that was restored: its meters are there from now on.
   *
   * @throws ModelMismatchException if it can't be gone on with
   */
  void begin(String name, ModelEntry restored) {
    show(name, checked(name, restored));
    if (!restored.state().control().settings().isEmpty()) {
      LOG.info(
          "model \"{}\" learns with settings that were set by command, whatever the configuration"
              + " says: {}",
          name,
          restored.state().control().settings());
    }
  }

  private void show(String name, ModelEntry model) {
    models.add(name);
    metrics.report(learner(name, model.state()).status(name, model.state(), null));
    metrics.paused(name, model.state().control().paused());
  }

  /** The models are another's from now on: their meters go. */
  public void close() {
    models.forEach(metrics::removeModel);
    models.clear();
  }
}
