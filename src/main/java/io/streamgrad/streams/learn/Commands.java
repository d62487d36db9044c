package io.streamgrad.streams.learn;

import io.streamgrad.config.ConfigException;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.CommandedSettings;
import io.streamgrad.format.changelog.DeletedModel;
import io.streamgrad.format.changelog.TaggedState;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Control;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.store.TaggedStates;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.wire.CommandDecoder;
import io.streamgrad.wire.DecodedCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What commands make of the models of a partition. A model that has obeyed one is stored as a whole
 * with the commit in which it did, and its lineage is the moment at which it did: a restore learns
 * images and labels from there on, and obeys nothing again (docs/decisions/0032). Used by one
 * thread at a time.
 */
final class Commands {
  private final ServiceConfig config;
  private final PartitionModels models;

  Commands(ServiceConfig config, PartitionModels models) {
    this.config = config;
    this.models = models;
  }

  /**
   * What came of a command.
   *
   * @param refused why it changed nothing; null where it was obeyed
   * @param keptAs under which tag what was before is kept; "" where it is not
   * @param held whether pieces of it are still to come
   */
  record Outcome(@Nullable String refused, String keptAs, boolean held) {
    static final Outcome DONE = new Outcome(null, "");

    static final Outcome HELD = new Outcome(null, "", true);

    Outcome(@Nullable String refused, String keptAs) {
      this(refused, keptAs, false);
    }

    static Outcome refused(String why) {
      return new Outcome(why, "");
    }
  }

  /** Obeys a command, or refuses it and changes nothing. */
  Outcome take(String name, DecodedCommand command, Event event) {
    ModelEntry model = models.stored(name);
    if (command.piece() != null) {
      return new Imports(config, models, this).take(name, model, command, event);
    }
    if (model == null) {
      return Outcome.refused(
          "there is no model \"%s\" in partition %d: none of this name has had a batch since"
              .formatted(name, event.input().getPartition()));
    }
    if (hasObeyed(model.state().control(), command)) {
      return obeyedBefore(command);
    }
    return switch (command.kind()) {
      case PAUSE, RESUME -> pause(name, model, command, event);
      case SET -> set(name, model, command, event);
      case RESET -> reset(name, model, command, event);
      case SNAPSHOT -> snapshot(name, model, command, event);
      case ROLLBACK -> rollback(name, model, command, event);
      case DELETE -> delete(name, model, command, event);
      case PROMOTE -> promote(name, model, command, event);
      case IMPORT, KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException("a command that is none: " + command);
    };
  }

  static boolean hasObeyed(Control control, DecodedCommand command) {
    return control.obeyed().contains(command.id());
  }

  static Outcome obeyedBefore(DecodedCommand command) {
    return Outcome.refused(
        "the model has obeyed a command with the id \"%s\" before".formatted(command.id()));
  }

  private Outcome pause(String name, ModelEntry model, DecodedCommand command, Event event) {
    Control control = model.state().control();
    boolean pause = command.kind() == io.streamgrad.v1.Command.Kind.PAUSE;
    if (control.paused() == pause) {
      return Outcome.refused(pause ? "the model is paused already" : "the model is not paused");
    }
    obey(name, model.state(), control.withPaused(pause), model, command, event);
    return Outcome.DONE;
  }

  private Outcome set(String name, ModelEntry model, DecodedCommand command, Event event) {
    Control control = model.state().control();
    SortedMap<String, String> settings = new TreeMap<>(control.settings());
    settings.putAll(command.settings());
    try {
      CommandedSettings.requireKeys(config.model(name), settings.keySet());
      settings.values().removeIf(String::isEmpty);
      CommandedSettings.in(config.model(name), settings);
    } catch (ConfigException e) {
      return Outcome.refused(String.valueOf(e.getMessage()));
    }
    models.forgetLearner(models.spec(name, control));
    obey(name, model.state(), control.withSettings(settings), model, command, event);
    return Outcome.DONE;
  }

  private Outcome reset(String name, ModelEntry model, DecodedCommand command, Event event) {
    Control control = model.state().control();
    String kept = keepBefore(name, model, event);
    ModelState fresh = model.state().anew(models.spec(name, control));
    begin(name, fresh, control, model, command, event);
    return new Outcome(null, kept);
  }

  private Outcome snapshot(String name, ModelEntry model, DecodedCommand command, Event event) {
    boolean fork = command.tag().startsWith(TaggedState.FORK);
    List<String> tags = weights().tagged().tags(name, fork);
    if (tags.contains(command.tag())) {
      return Outcome.refused(
          "there is a snapshot \"%s\" of the model already".formatted(command.tag()));
    }
    if (!fork && tags.size() >= TaggedStates.MOST_TAGS) {
      return Outcome.refused(
          "the model has %d snapshots, as many as it may have: %s"
              .formatted(tags.size(), String.join(", ", tags)));
    }
    keep(name, command.tag(), fork, model, event);
    obey(name, model.state(), model.state().control(), model, command, event);
    return Outcome.DONE;
  }

  private Outcome rollback(String name, ModelEntry model, DecodedCommand command, Event event) {
    TaggedState kept = weights().tagged().get(name, command.tag());
    if (kept == null) {
      return Outcome.refused(
          "the model has no snapshot \"%s\"; it has %s".formatted(command.tag(), tags(name)));
    }
    ModelState old = ModelCodec.decode(kept.state()).state();
    Control control = model.state().control().withSettings(old.control().settings());
    String mismatch = models.mismatch(name, old);
    if (mismatch != null) {
      return Outcome.refused("the snapshot \"%s\" has %s".formatted(command.tag(), mismatch));
    }
    String before = keepBefore(name, model, event);
    models.forgetLearner(models.spec(name, model.state().control()));
    begin(name, old, control, model, command, event);
    return new Outcome(null, before);
  }

  /**
   * A follower and its leader change places. Each takes its weights, its score and the settings
   * that it learned with along, and finds the other's pause, ids and batches that wait for labels.
   */
  private Outcome promote(String name, ModelEntry model, DecodedCommand command, Event event) {
    String leader = models.leader(name);
    ModelEntry led = leader == null ? null : models.stored(leader);
    if (leader == null || led == null) {
      return Outcome.refused(
          leader == null
              ? "the model follows none (models.%s.follows)".formatted(name)
              : "there is no model \"%s\" yet, which it follows".formatted(leader));
    }
    Control promoted;
    Control demoted;
    try {
      promoted = moved(name, model, leader, led);
      demoted = moved(leader, led, name, model);
    } catch (ConfigException e) {
      return Outcome.refused(String.valueOf(e.getMessage()));
    }
    ModelState up = copy(model);
    ModelState down = copy(led);
    String kept = keepBefore(name, model, event);
    keepBefore(leader, led, event);
    models.forgetLearner(models.spec(name, model.state().control()));
    models.forgetLearner(models.spec(leader, led.state().control()));
    begin(leader, up, promoted, led, command, event);
    begin(name, down, demoted, model, command, event);
    return new Outcome(null, kept);
  }

  /**
   * What commands have made of the model of a name once another one is there.
   *
   * @throws ConfigException if that does not fit what is configured for the name
   */
  private Control moved(String name, ModelEntry model, String to, ModelEntry there) {
    String mismatch = model.state().mismatch(config.model(to));
    if (mismatch != null) {
      throw new ConfigException(
          "model \"%s\" can't be \"%s\"".formatted(name, to),
          "it has %s there; fork it to a model that is configured so, and send the images to that"
              .formatted(mismatch));
    }
    SortedMap<String, String> settings =
        CommandedSettings.differences(config.model(to), models.spec(name, model.state().control()));
    CommandedSettings.in(config.model(to), settings);
    return there.state().control().withSettings(settings);
  }

  private static ModelState copy(ModelEntry model) {
    return ModelCodec.decode(ModelCodec.encode(without(model))).state();
  }

  private static ModelEntry without(ModelEntry model) {
    return new ModelEntry(model.state().withoutPending(), model.lineage());
  }

  private String tags(String name) {
    List<String> tags = new ArrayList<>(weights().tagged().tags(name, false));
    tags.addAll(weights().tagged().tags(name, true));
    return tags.isEmpty() ? "none" : String.join(", ", tags);
  }

  private Outcome delete(String name, ModelEntry model, DecodedCommand command, Event event) {
    Control before = model.state().control();
    Control left =
        new Control(before.incarnation(), before.begins(), false, new TreeMap<>(), before.obeyed())
            .obeyed(command.id());
    weights().delete(name, new DeletedModel(left, lineage(model.lineage(), event)));
    models.deleted(name, model);
    return Outcome.DONE;
  }

  /** Keeps what is there before it goes; returns the tag. */
  String keepBefore(String name, ModelEntry model, Event event) {
    String tag = CommandDecoder.KEPT + event.input().getOffset();
    keep(name, tag, true, model, event);
    return tag;
  }

  private void keep(String name, String tag, boolean automatic, ModelEntry model, Event event) {
    byte[] state = ModelCodec.encode(without(model));
    weights().tagged().put(name, new TaggedState(tag, automatic, event.input().getOffset(), state));
  }

  /** The next incarnation: other weights. Batches that wait for labels wait on. */
  void begin(
      String name,
      ModelState next,
      Control control,
      ModelEntry before,
      DecodedCommand command,
      Event event) {
    next.progress().continueHistory(before.state().progress());
    PendingBatches pending = before.state().pending();
    if (pending != null) {
      next.keepPending(pending);
    }
    next.startWindow();
    ModelEntry anew = new ModelEntry(next, before.lineage().withWindow(Lineage.NONE.windowStart()));
    obey(name, next, control.next(event.moment().images()), anew, command, event);
  }

  private void obey(
      String name,
      ModelState state,
      Control control,
      ModelEntry model,
      DecodedCommand command,
      Event event) {
    state.setControl(control.obeyed(command.id()));
    state.learnBy(models.spec(name, control)); // now: what comes next may leave nothing on the log
    state.remember(event.input().getOffset(), command.kind().name().hashCode());
    if (models.labelsMayComeLater() && state.pending() == null) {
      state.keepPending(new PendingBatches()); // the place in the labels topic is stored with it
    }
    weights()
        .putWhole(name, new ModelEntry(state, lineage(model.lineage(), event)), event.moment());
  }

  /** That of a model after the command. */
  static Lineage lineage(Lineage before, Event event) {
    return before.withCommand(
        event.input().getPartition(), event.input().getOffset(), event.moment());
  }

  private WeightsStore weights() {
    return models.weights();
  }
}
