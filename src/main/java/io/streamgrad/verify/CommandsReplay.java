package io.streamgrad.verify;

import io.streamgrad.config.ConfigException;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.CommandedSettings;
import io.streamgrad.format.changelog.TaggedState;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Control;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Applied.Outcome;
import io.streamgrad.v1.Command;
import io.streamgrad.wire.DecodedCommand;
import io.streamgrad.wire.StatePiece;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What commands must come to, and the settings that models have by them. When each took effect is
 * taken from what the service says. Not thread-safe.
 */
final class CommandsReplay {
  private final ServiceConfig config;
  private final InitialSpecs initial;
  private final boolean labelsMayComeLater;
  private final TagsReplay tags;
  private final Map<String, Deleted> deleted = new HashMap<>(); // by model
  private final ImportsReplay imports = new ImportsReplay();
  private final Map<String, Commanded> specs = new HashMap<>(); // by model

  /** A model that is no more, or a name that has had none. */
  private record Deleted(Control control, Lineage lineage) {
    Control begun() {
      return control.obeyed().isEmpty() ? control : control.next(lineage.offset() + 1);
    }
  }

  private record Commanded(Map<String, String> settings, ModelSpec spec) {}

  /**
   * No commands yet.
   *
   * @param initial what models begin with
   * @param stored what the service keeps of a model under a tag, for models that are begun with a
   *     snapshot; null if there is nothing
   */
  CommandsReplay(
      ServiceConfig config,
      InitialSpecs initial,
      BiFunction<String, String, @Nullable TaggedState> stored) {
    this.config = config;
    this.initial = initial;
    tags = new TagsReplay(stored);
    labelsMayComeLater = config.topics().hasLabels();
  }

  /** The settings that a model learns with. */
  ModelSpec spec(String name, ModelState state) {
    Map<String, String> settings = state.control().settings();
    if (settings.isEmpty()) {
      return config.model(name);
    }
    Commanded known = specs.get(name);
    if (known == null || !known.settings().equals(settings)) {
      known = new Commanded(settings, CommandedSettings.in(config.model(name), settings));
      specs.put(name, known);
    }
    return known.spec();
  }

  /** A model at its first batch: the first of its name, or one after others were deleted. */
  ReplayedModel born(String name, long offset) {
    Deleted before = deleted.get(name);
    return new ReplayedModel(
        initial(name, offset),
        ReplayedModel.NO_SNAPSHOT,
        before == null ? Lineage.NONE : before.lineage());
  }

  /** The state of a model whose first batch has this offset. */
  ModelState initial(String name, long offset) {
    ModelState state = ModelState.initial(initial.of(name, offset));
    Deleted before = deleted.get(name);
    if (before != null) {
      state.setControl(before.begun());
    }
    return state;
  }

  /** Whether a model was deleted, and has not been there again since as far as is known here. */
  boolean haveDeleted(String name) {
    Deleted left = deleted.get(name);
    return left != null && !left.control().equals(Control.NONE);
  }

  /**
   * Takes a command.
   *
   * @param models by name; of one that is deleted nothing is left in it
   * @param said what the service says of it, and so when it took effect
   * @param leader the model that it follows then; null if it follows none
   * @return what must be said of it, but for the reason; null if it is in the state that the model
   *     began with
   */
  @Nullable Applied take(
      String name,
      Map<String, ReplayedModel> models,
      DecodedCommand command,
      Applied said,
      @Nullable String leader) {
    ReplayedModel model = models.get(name);
    long offset = said.getCommand().getOffset();
    ReplayedModel led = leader == null ? null : models.get(leader);
    if (command.kind() == Command.Kind.PROMOTE) {
      requireBoth(name, model, led, said);
    }
    if (model != null && model.hasObeyed(offset, said.getImagesOffset())) {
      if (command.piece() != null && said.getOutcome() == Outcome.HELD) {
        imports.take(
            name, command.id(), command.piece(), Integer.MAX_VALUE); // the last comes later
      }
      return null;
    }
    Applied.Builder expected = expected(name, command, said);
    Outcome outcome;
    if (command.piece() != null) {
      outcome = take(name, models, model, command, said, expected);
    } else {
      boolean done =
          model != null
              && model.exists()
              && !model.state().control().obeyed().contains(command.id())
              && (command.kind() == Command.Kind.PROMOTE
                  ? promote(name, model, leader, led, command, said, expected)
                  : obey(name, models, model, command, said, expected));
      outcome = done ? Outcome.DONE : Outcome.REFUSED;
    }
    ReplayedModel after = models.get(name);
    if (after != null && after.exists()) {
      expected
          .setModelVersion(after.state().version())
          .setIncarnation(after.state().control().incarnation());
    }
    return expected.setOutcome(outcome).build();
  }

  /** What must be said of a command for a model that does not live where the command lies. */
  static Applied refused(String name, DecodedCommand command, Applied said) {
    return expected(name, command, said).setOutcome(Outcome.REFUSED).build();
  }

  private static Applied.Builder expected(String name, DecodedCommand command, Applied said) {
    return Applied.newBuilder()
        .setModel(name)
        .setCommand(said.getCommand())
        .setCommandId(command.id())
        .setCommandKind(command.kind())
        .setImagesOffset(said.getImagesOffset())
        .setLabelsOffset(said.getLabelsOffset());
  }

  /** A piece of a state that is to be imported. */
  private Outcome take(
      String name,
      Map<String, ReplayedModel> models,
      @Nullable ReplayedModel there,
      DecodedCommand command,
      Applied said,
      Applied.Builder expected) {
    StatePiece piece = Objects.requireNonNull(command.piece());
    long offset = said.getCommand().getOffset();
    ReplayedModel model = there != null && there.exists() ? there : null;
    if (piece.number() == 0 && model == null && !deleted.containsKey(name)) {
      deleted.put(name, new Deleted(Control.NONE, lineage(said).withoutCommand()));
      models.remove(name);
    }
    Deleted before = deleted.get(name);
    Control control = Control.NONE;
    if (model != null) {
      control = model.state().control();
    } else if (before != null) {
      control = before.begun();
    }
    if (control.obeyed().contains(command.id())
        || piece.size() > ModelCodec.atMost(config.model(name))
        || !imports.take(name, command.id(), piece, ModelCodec.sizeOfNew(config.model(name)))) {
      return Outcome.REFUSED;
    }
    if (!imports.isWhole(name)) {
      return Outcome.HELD;
    }
    ModelState state = imports.finish(name, config.model(name));
    if (state == null || !areAllowed(name, Set.of(), state.control().settings())) {
      return Outcome.REFUSED;
    }
    Control own = state.control();
    Control next = own.settings().isEmpty() ? control : control.withSettings(own.settings());
    ModelState fresh = state.asBeginning();
    if (model == null) {
      model = new ReplayedModel(fresh, ReplayedModel.NO_SNAPSHOT);
      models.put(name, model);
    } else {
      tags.keep(name, "before-" + offset, true, model, offset);
      expected.setKeptAs("before-" + offset);
    }
    begin(name, model, fresh, next, command, said);
    return Outcome.DONE;
  }

  private static Lineage lineage(Applied said) {
    return new Lineage(
        -1,
        said.getImagesOffset() - 1,
        -1,
        said.getLabelsOffset() - 1,
        said.getCommand().getOffset());
  }

  private boolean obey(
      String name,
      Map<String, ReplayedModel> models,
      ReplayedModel model,
      DecodedCommand command,
      Applied said,
      Applied.Builder expected) {
    ModelState state = model.state();
    Control control = state.control();
    long offset = said.getCommand().getOffset();
    String before = "before-" + offset;
    switch (command.kind()) {
      case PAUSE, RESUME -> {
        boolean pause = command.kind() == Command.Kind.PAUSE;
        if (control.paused() == pause) {
          return false;
        }
        finish(name, model, state, control.withPaused(pause), command, said);
      }
      case SET -> {
        TreeMap<String, String> settings = new TreeMap<>(control.settings());
        settings.putAll(command.settings());
        if (!areAllowed(name, settings.keySet(), settings)) {
          return false;
        }
        settings.values().removeIf(String::isEmpty);
        finish(name, model, state, control.withSettings(settings), command, said);
      }
      case RESET -> {
        tags.keep(name, before, true, model, offset);
        expected.setKeptAs(before);
        ModelState fresh = state.anew(spec(name, state));
        begin(name, model, fresh, control, command, said);
      }
      case SNAPSHOT -> {
        boolean fork = command.tag().startsWith("fork-");
        if ((!fork && !tags.haveRoom(name)) || tags.find(name, model, command.tag()) != null) {
          return false;
        }
        tags.keep(name, command.tag(), fork, model, offset);
        finish(name, model, state, control, command, said);
      }
      case ROLLBACK -> {
        TaggedState kept = tags.find(name, model, command.tag());
        if (kept == null) {
          return false;
        }
        ModelState old = ModelCodec.decode(kept.state()).state();
        if (old.mismatch(config.model(name)) != null
            || !areAllowed(name, Set.of(), old.control().settings())) {
          return false;
        }
        tags.keep(name, before, true, model, offset);
        expected.setKeptAs(before);
        begin(name, model, old, control.withSettings(old.control().settings()), command, said);
      }
      case DELETE -> {
        Control left = control.withPaused(false).withSettings(new TreeMap<>());
        deleted.put(name, new Deleted(left.obeyed(command.id()), lineage(said)));
        models.remove(name);
        tags.remove(name);
        imports.forget(name);
      }
      case IMPORT, PROMOTE, KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException("a command that is none: " + command);
    }
    return true;
  }

  /** Whether the replay has both models as they were before a follower became its leader. */
  private static void requireBoth(
      String name, @Nullable ReplayedModel model, @Nullable ReplayedModel led, Applied said) {
    long offset = said.getCommand().getOffset();
    long moment = said.getImagesOffset();
    if (model != null
        && led != null
        && model.hasObeyed(offset, moment) != led.hasObeyed(offset, moment)) {
      throw new VerificationException(
          "model \"%s\" has changed places with its leader at command %d, and of one of them there is only a snapshot of later: the log must begin before it, or there be snapshots of both"
              .formatted(name, offset));
    }
  }

  /** A follower and its leader change places. */
  private boolean promote(
      String name,
      ReplayedModel model,
      @Nullable String leader,
      @Nullable ReplayedModel led,
      DecodedCommand command,
      Applied said,
      Applied.Builder expected) {
    if (leader == null || led == null || !led.exists()) {
      return false;
    }
    Map<String, String> up =
        CommandedSettings.differences(config.model(leader), spec(name, model.state()));
    Map<String, String> down =
        CommandedSettings.differences(config.model(name), spec(leader, led.state()));
    if (model.state().mismatch(config.model(leader)) != null
        || led.state().mismatch(config.model(name)) != null
        || !areAllowed(leader, Set.of(), up)
        || !areAllowed(name, Set.of(), down)) {
      return false;
    }
    long offset = said.getCommand().getOffset();
    String before = "before-" + offset;
    byte[] upper = ModelCodec.encode(new ModelEntry(model.state().withoutPending(), Lineage.NONE));
    byte[] lower = ModelCodec.encode(new ModelEntry(led.state().withoutPending(), Lineage.NONE));
    tags.keep(name, before, true, model, offset);
    tags.keep(leader, before, true, led, offset);
    expected.setKeptAs(before);
    Control of = led.state().control();
    begin(
        leader,
        led,
        ModelCodec.decode(upper).state(),
        of.withSettings(new TreeMap<>(up)),
        command,
        said);
    of = model.state().control();
    begin(
        name,
        model,
        ModelCodec.decode(lower).state(),
        of.withSettings(new TreeMap<>(down)),
        command,
        said);
    return true;
  }

  private boolean areAllowed(String name, Set<String> keys, Map<String, String> settings) {
    Map<String, String> given = new TreeMap<>(settings);
    given.values().removeIf(String::isEmpty);
    try {
      CommandedSettings.requireKeys(config.model(name), keys);
      CommandedSettings.in(config.model(name), given);
      return true;
    } catch (ConfigException e) {
      return false;
    }
  }

  private void begin(
      String name,
      ReplayedModel model,
      ModelState next,
      Control control,
      DecodedCommand command,
      Applied said) {
    next.progress().continueHistory(model.state().progress());
    PendingBatches waiting = model.state().pending();
    if (waiting != null) {
      next.keepPending(waiting);
    }
    finish(name, model, next, control.next(said.getImagesOffset()), command, said);
  }

  private void finish(
      String name,
      ReplayedModel model,
      ModelState state,
      Control control,
      DecodedCommand command,
      Applied said) {
    long offset = said.getCommand().getOffset();
    state.setControl(control.obeyed(command.id()));
    state.learnBy(spec(name, state));
    state.remember(offset, command.kind().name().hashCode());
    if (labelsMayComeLater && state.pending() == null) {
      state.keepPending(new PendingBatches());
    }
    model.obeyed(state, offset, said.getImagesOffset() - 1, said.getLabelsOffset() - 1);
  }
}
