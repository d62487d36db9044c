package io.streamgrad.store;

import io.streamgrad.learner.LastGood;
import io.streamgrad.learner.ModelState;
import io.streamgrad.learner.Parameters;
import io.streamgrad.learner.PixelStatistics;
import io.streamgrad.learner.Score;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A stored model as far as its sections have been read. */
final class StateParts {
  @Nullable List<Integer> layers;
  ModelState.@Nullable Progress progress;
  @Nullable Lineage lineage;
  @Nullable Score lifetime;
  @Nullable Score window;
  @Nullable Parameters parameters;
  @Nullable Parameters average;
  List<Parameters> moments = List.of();
  @Nullable PixelStatistics statistics;
  @Nullable LastGood lastGood;

  List<Integer> layers() {
    return required(layers, Section.SHAPE);
  }

  /**
   * The model, when all has been read.
   *
   * @throws UnreadableStateException if a section is missing
   */
  StoredModel model() {
    return new StoredModel(
        new ModelState(
            required(parameters, Section.PARAMETERS),
            average,
            moments,
            statistics,
            required(lastGood, Section.LAST_GOOD),
            required(lifetime, Section.SCORES),
            required(window, Section.SCORES),
            required(progress, Section.PROGRESS)),
        required(lineage, Section.LINEAGE));
  }

  private static <T> T required(@Nullable T part, Section section) {
    if (part == null) {
      throw new UnreadableStateException(
          "stored model is corrupt: section " + section + " is missing");
    }
    return part;
  }
}
