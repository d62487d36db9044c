package io.streamgrad.verify;

import io.streamgrad.config.ConfigException;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.CommandedSettings;
import io.streamgrad.format.ModelCodec;
import io.streamgrad.format.TaggedState;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
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
  private static final int TAGS = 16; // of a model, by hand
  private static final int KEPT = 4; // what was before

  private final ServiceConfig config;
  private final boolean labelsMayComeLater;
  private final BiFunction<String, String, @Nullable TaggedState> stored;
  private final Map<String, List<TaggedState>> tags = new HashMap<>(); // by model, oldest first
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
   * @param stored what the service keeps of a model under a tag, for models that are begun with a
   *     snapshot; null if there is nothing
   */
  CommandsReplay(ServiceConfig config, BiFunction<String, String, @Nullable TaggedState> stored) {
    this.config = config;
    this.stored = stored;
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
  ReplayedModel born(String name) {
    ModelState state = ModelState.initial(config.model(name));
    Deleted before = deleted.get(name);
    if (before == null) {
      return new ReplayedModel(state, ReplayedModel.NO_SNAPSHOT);
    }
    state.setControl(before.begun());
    return new ReplayedModel(state, ReplayedModel.NO_SNAPSHOT, before.lineage());
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
   * @return what must be said of it, but for the reason; null if it is in the state that the model
   *     began with
   */
  @Nullable Applied take(
      String name, Map<String, ReplayedModel> models, DecodedCommand command, Applied said) {
    ReplayedModel model = models.get(name);
    long offset = said.getCommand().getOffset();
    if (model != null && model.hasObeyed(offset, said.getImagesOffset())) {
      if (command.piece() != null && said.getOutcome() == Outcome.HELD) {
        imports.take(
            name, command.id(), command.piece(), Integer.MAX_VALUE); // the last comes later
      }
      return null;
    }
    Applied.Builder expected =
        Applied.newBuilder()
            .setModel(name)
            .setCommand(said.getCommand())
            .setCommandId(command.id())
            .setCommandKind(command.kind())
            .setImagesOffset(said.getImagesOffset())
            .setLabelsOffset(said.getLabelsOffset());
    Outcome outcome;
    if (command.piece() != null) {
      outcome = take(name, models, model, command, said, expected);
    } else {
      boolean done =
          model != null
              && model.exists()
              && !model.state().control().obeyed().contains(command.id())
              && obey(name, models, model, command, said, expected);
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
      deleted.put(name, new Deleted(Control.NONE, lineage(said)));
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
      keep(name, "before-" + offset, true, model, offset);
      expected.setKeptAs("before-" + offset);
    }
    begin(model, fresh, next, command, said);
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
        finish(model, state, control.withPaused(pause), command, said);
      }
      case SET -> {
        TreeMap<String, String> settings = new TreeMap<>(control.settings());
        settings.putAll(command.settings());
        if (!areAllowed(name, settings.keySet(), settings)) {
          return false;
        }
        settings.values().removeIf(String::isEmpty);
        finish(model, state, control.withSettings(settings), command, said);
      }
      case RESET -> {
        keep(name, before, true, model, offset);
        expected.setKeptAs(before);
        ModelState fresh = ModelState.initial(spec(name, state));
        begin(model, fresh, control, command, said);
      }
      case SNAPSHOT -> {
        List<TaggedState> byHand = new ArrayList<>(tagsOf(name));
        byHand.removeIf(TaggedState::automatic);
        boolean fork = command.tag().startsWith("fork-");
        if ((byHand.size() >= TAGS && !fork) || find(name, model, command.tag()) != null) {
          return false;
        }
        keep(name, command.tag(), fork, model, offset);
        finish(model, state, control, command, said);
      }
      case ROLLBACK -> {
        TaggedState kept = find(name, model, command.tag());
        if (kept == null) {
          return false;
        }
        ModelState old = ModelCodec.decode(kept.state()).state();
        if (old.mismatch(config.model(name)) != null
            || !areAllowed(name, Set.of(), old.control().settings())) {
          return false;
        }
        keep(name, before, true, model, offset);
        expected.setKeptAs(before);
        begin(model, old, control.withSettings(old.control().settings()), command, said);
      }
      case DELETE -> {
        Control left = control.withPaused(false).withSettings(new TreeMap<>());
        deleted.put(name, new Deleted(left.obeyed(command.id()), lineage(said)));
        models.remove(name);
        tags.remove(name);
        imports.forget(name);
      }
      case IMPORT, KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalStateException("a command that is none: " + command);
    }
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

  private List<TaggedState> tagsOf(String name) {
    return tags.computeIfAbsent(name, n -> new ArrayList<>());
  }

  private @Nullable TaggedState find(String name, ReplayedModel model, String tag) {
    for (TaggedState kept : tagsOf(name)) {
      if (kept.tag().equals(tag)) {
        return kept;
      }
    }
    TaggedState earlier =
        model.since() == ReplayedModel.NO_SNAPSHOT ? null : stored.apply(name, tag);
    return earlier != null && earlier.command() <= model.commands() ? earlier : null;
  }

  private void keep(String name, String tag, boolean automatic, ReplayedModel model, long offset) {
    List<TaggedState> all = tagsOf(name);
    boolean fork = tag.startsWith("fork-");
    List<TaggedState> kept =
        all.stream()
            .filter(each -> each.automatic() && each.tag().startsWith("fork-") == fork)
            .toList();
    if (automatic && kept.size() >= KEPT) {
      all.remove(kept.get(0));
    }
    ModelEntry entry = new ModelEntry(model.state().withoutPending(), Lineage.NONE);
    all.add(new TaggedState(tag, automatic, offset, ModelCodec.encode(entry)));
  }

  private void begin(
      ReplayedModel model, ModelState next, Control control, DecodedCommand command, Applied said) {
    next.progress().history = model.state().progress().history;
    next.progress().historySince = model.state().progress().historySince;
    PendingBatches waiting = model.state().pending();
    if (waiting != null) {
      next.keepPending(waiting);
    }
    finish(model, next, control.next(said.getImagesOffset()), command, said);
  }

  private void finish(
      ReplayedModel model,
      ModelState state,
      Control control,
      DecodedCommand command,
      Applied said) {
    long offset = said.getCommand().getOffset();
    state.setControl(control.obeyed(command.id()));
    state.remember(offset, command.kind().name().hashCode());
    if (labelsMayComeLater && state.pending() == null) {
      state.keepPending(new PendingBatches());
    }
    model.obeyed(state, offset, said.getImagesOffset() - 1, said.getLabelsOffset() - 1);
  }
}
