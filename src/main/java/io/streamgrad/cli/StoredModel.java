package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.CommandedSettings;
import io.streamgrad.config.load.LearningSettings;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Comparison;
import io.streamgrad.model.Control;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Progress;
import io.streamgrad.model.ScoreSnapshot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A model that a service has stored.
 *
 * @param config of the service
 * @param entry its state; not to be changed
 * @param position of the models of its partition; null if none is stored
 * @param tags of its snapshots
 * @param comparison with its leader; null if it was not compared
 */
record StoredModel(
    String name,
    ServiceConfig config,
    ModelEntry entry,
    @Nullable Position position,
    Collection<String> tags,
    @Nullable Comparison comparison) {

  /** The widths of its layers: 784-10-10. */
  static String layers(ModelState state) {
    return state.parameters().layers().stream()
        .map(width -> Integer.toString(width))
        .collect(Collectors.joining("-"));
  }

  /** The configuration that the model learns with, as JSON. */
  String configuration() {
    ModelState state = entry.state();
    return LearningSettings.of(
        CommandedSettings.in(config.model(name), state.control().settings())
            .with(state.inputScaling()));
  }

  /** The last batch in the state: streamgrad.images-0@17. */
  String lastBatch() {
    Lineage lineage = entry.lineage();
    return "%s-%d@%d".formatted(config.topics().images(), lineage.partition(), lineage.offset());
  }

  /** All about it, a line each. */
  List<String> description() {
    ModelState state = entry.state();
    Progress progress = state.progress();
    ScoreSnapshot score = state.lifetime().snapshot();
    List<String> lines = new ArrayList<>();
    lines.add("model           " + name);
    lines.add(
        line("layers          %s, %,d parameters", layers(state), state.parameters().count()));
    String leader = config.model(name).follows();
    if (!leader.isEmpty()) {
      lines.add("follows         " + leader);
    }
    lines.add(line("version         %d", state.version()));
    Control control = state.control();
    lines.add(
        line(
            "incarnation     %d%s",
            control.incarnation(), control.paused() ? ", paused: it learns nothing" : ""));
    control.settings().forEach((key, value) -> lines.add("set by command  " + key + "=" + value));
    if (!tags.isEmpty()) {
      lines.add("snapshots       " + String.join(", ", tags));
    }
    lines.add(
        line(
            "learned from    %,d images in %,d batches, the last one %s",
            progress.imagesLearned, progress.batchesLearned, lastBatch()));
    lines.add(
        line(
            "prequential     accuracy %.2f %%, mean loss %.4f, over %,d images",
            100 * score.accuracy(), score.meanLoss(), score.images()));
    lines.add(
        "predicts with   " + (state.average() != null ? "averaged weights" : "plain weights"));
    lines.add(line("skipped         %,d updates", progress.updatesSkipped));
    lines.add("weights SHA-256 " + ModelCodec.weightsSha256(entry));
    lines.add("configuration   " + configuration());
    lines.addAll(notes());
    return lines;
  }

  /** What one must know who uses the weights. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (entry.state().progress().diverged) {
      notes.add(
          line(
              "note: the model has diverged and learns no more: these are its last good weights, of"
                  + " version %d",
              entry.state().version()));
    }
    if (position != null && position.replayFrom() < position.offset()) {
      notes.add(
          line(
              "note: the service has come to offset %d of the partition, and what it has learned"
                  + " since is not stored yet; it is after a graceful stop, or within"
                  + " recovery-target",
              position.offset()));
    }
    return notes;
  }

  private static String line(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
