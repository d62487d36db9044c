package io.streamgrad.format.state;

import io.streamgrad.model.Archive;
import io.streamgrad.model.Control;
import io.streamgrad.model.DriftDetector;
import io.streamgrad.model.LastGood;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.OpenBatch;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.model.PixelStatistics;
import io.streamgrad.model.PrequentialScore;
import io.streamgrad.model.Progress;
import io.streamgrad.model.ReplayBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A stored model as far as its sections have been read. */
final class StateParts {
  @Nullable List<Integer> allowed; // layers; null: any
  @Nullable List<Integer> layers;
  @Nullable Progress progress;
  @Nullable Lineage lineage;
  @Nullable PrequentialScore lifetime;
  @Nullable PrequentialScore window;
  @Nullable Parameters parameters;
  @Nullable Parameters average;
  List<Parameters> moments = List.of();
  @Nullable PixelStatistics statistics;
  @Nullable LastGood lastGood;
  @Nullable PendingBatches pending;
  @Nullable DriftDetector detector;
  @Nullable OpenBatch open;
  @Nullable ReplayBuffer replay;
  long averageSince;
  long boostedSince;
  @Nullable StoredChallenger challenger;
  final List<Archive.Earlier> archive = new ArrayList<>();
  long labels = Lineage.NONE.labels();
  Control control = Control.NONE;
  long commands = Lineage.NONE.commands();
  long history;
  @Nullable Long historySince; // null: there is none

  List<Integer> layers() {
    return required(layers, Section.SHAPE);
  }

  /** Pixels an image. */
  int inputs() {
    return layers().get(0);
  }

  int classes() {
    return layers().get(layers().size() - 1);
  }

  /**
   * The model, when all has been read.
   *
   * @throws UnreadableStateException if a section is missing
   */
  ModelEntry model() {
    Lineage from = required(lineage, Section.LINEAGE);
    Progress counters = required(progress, Section.PROGRESS);
    counters.history = history;
    counters.historySince = historySince != null ? historySince : from.offset();
    ModelState state =
        new ModelState(
            required(parameters, Section.PARAMETERS),
            average,
            moments,
            statistics,
            required(lastGood, Section.LAST_GOOD),
            required(lifetime, Section.SCORES),
            required(window, Section.SCORES),
            counters);
    if (pending != null) {
      state.keepPending(pending);
    }
    if (detector != null) {
      state.drift().keepDetector(detector);
    }
    if (open != null) {
      state.keepOpen(open);
    }
    if (replay != null) {
      state.keepReplay(replay);
    }
    state.keepAverageSince(averageSince);
    state.drift().keepBoostedSince(boostedSince);
    if (challenger != null) {
      state.drift().keepChallenger(challenger.of(state));
    }
    archive.forEach(state.drift().archive()::keep);
    state.setControl(control);
    return new ModelEntry(
        state, new Lineage(from.partition(), from.offset(), from.windowStart(), labels, commands));
  }

  private static <T> T required(@Nullable T part, Section section) {
    if (part == null) {
      throw new UnreadableStateException(
          "stored model is corrupt: section " + section + " is missing");
    }
    return part;
  }
}
