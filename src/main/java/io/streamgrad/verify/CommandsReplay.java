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
import io.streamgrad.v1.Command;
import io.streamgrad.wire.DecodedCommand;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  private final Map<String, Commanded> specs = new HashMap<>(); // by model

  /** A model that is no more. */
  private record Deleted(Control control, Lineage lineage) {}

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
    state.setControl(before.control().next(before.lineage().offset() + 1));
    return new ReplayedModel(state, ReplayedModel.NO_SNAPSHOT, before.lineage());
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
    boolean done =
        model != null
            && model.exists()
            && !model.state().control().obeyed().contains(command.id())
            && obey(name, models, model, command, said, expected);
    ReplayedModel after = models.get(name);
    if (after != null && after.exists()) {
      expected
          .setModelVersion(after.state().version())
          .setIncarnation(after.state().control().incarnation());
    }
    return expected.setOutcome(done ? Applied.Outcome.DONE : Applied.Outcome.REFUSED).build();
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
        if (byHand.size() >= TAGS || find(name, model, command.tag()) != null) {
          return false;
        }
        keep(name, command.tag(), false, model, offset);
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
        Lineage lineage =
            new Lineage(-1, said.getImagesOffset() - 1, -1, said.getLabelsOffset() - 1, offset);
        deleted.put(name, new Deleted(left.obeyed(command.id()), lineage));
        models.remove(name);
        tags.remove(name);
      }
      case KIND_UNSPECIFIED, UNRECOGNIZED ->
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
    long kept = all.stream().filter(TaggedState::automatic).count();
    if (automatic && kept >= KEPT) {
      all.remove(all.stream().filter(TaggedState::automatic).findFirst().orElseThrow());
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
