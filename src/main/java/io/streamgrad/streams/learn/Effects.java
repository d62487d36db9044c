package io.streamgrad.streams.learn;

import io.streamgrad.model.Control;
import io.streamgrad.model.DriftEvent;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.LabelOutcome;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.PendingBatch;
import io.streamgrad.model.PendingBatches.Expired;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.v1.MetricsReport;
import org.jspecify.annotations.Nullable;

/** Is told what a record of the input does to a model, in its order. */
interface Effects {
  /** For nobody to hear of it. */
  Effects UNHEARD =
      new Effects() {
        @Override
        public void scored(Scored scored) {}

        @Override
        public void learned(Learned learned) {}

        @Override
        public void applied(Applied applied) {}

        @Override
        public void expired(Expired expired) {}
      };

  /**
   * What was predicted when images came, and is scored.
   *
   * @param batch offset of the images
   * @param places of them in their batch; null: all, in their order
   * @param lesson the images with their labels
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by no one
  record Scored(
      long batch,
      int @Nullable [] places,
      MiniBatch lesson,
      Prediction prediction,
      Evaluation evaluation) {
    /** The place of the i-th image in its batch. */
    int place(int i) {
      return places == null ? i : places[i];
    }
  }

  /**
   * What came of learning from images.
   *
   * @param evaluation of what was predicted for them when they came
   * @param drift what the errors have led to; null if to nothing
   * @param due why a report is; REASON_UNSPECIFIED if none is
   * @param status for the report
   */
  record Learned(
      ModelEntry model,
      Evaluation evaluation,
      UpdateOutcome outcome,
      @Nullable DriftEvent drift,
      MetricsReport.Reason due,
      @Nullable ModelStatus status) {}

  /**
   * What came of labels.
   *
   * @param labels offset of their record
   * @param imagesOffset before which they took effect
   * @param batch null where it is not known
   * @param scored what was predicted for the images that were learned from; null if none were
   * @param evaluation of that
   * @param version of the model after that; 0 where there is none
   * @param control of the model
   */
  record Applied(
      long labels,
      long imagesOffset,
      LabelOutcome outcome,
      @Nullable PendingBatch batch,
      @Nullable Prediction scored,
      @Nullable Evaluation evaluation,
      long version,
      Control control) {}

  /** What a model has predicted on arrival counts in its score. */
  void scored(Scored scored);

  /** A model has learned, or tried to. */
  void learned(Learned learned);

  /** Labels have taken effect, or had none. */
  void applied(Applied applied);

  /** What is no longer waited for, if there is anything. */
  void expired(Expired expired);
}
