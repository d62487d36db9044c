package io.streamgrad.wire;

import io.streamgrad.model.Control;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.LabelOutcome;
import io.streamgrad.model.Moment;
import io.streamgrad.model.PendingBatch;
import io.streamgrad.model.Prediction;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.BatchScore;
import io.streamgrad.v1.InputPosition;
import org.jspecify.annotations.Nullable;

/**
 * What came of labels and of commands, as it is published. The oracle writes its own ({@code
 * verify.Replay}).
 */
public final class AppliedMessage {
  /** No reason has more characters. */
  public static final int MAX_REASON = 1000;

  private AppliedMessage() {}

  /**
   * The message, without a score.
   *
   * @param labels where they lie
   * @param imagesOffset before which they took effect
   * @param version of the model after that
   */
  public static Applied.Builder of(
      String model, InputPosition labels, long imagesOffset, LabelOutcome outcome, long version) {
    return Applied.newBuilder()
        .setModel(model)
        .setLabels(labels)
        .setImagesOffset(imagesOffset)
        .setOutcome(outcome(outcome))
        .setModelVersion(version);
  }

  /**
   * Adds the batch.
   *
   * @param images the topic of images
   * @param batch null where it is not known
   */
  public static Applied.Builder withBatch(
      Applied.Builder message, String images, @Nullable PendingBatch batch) {
    if (batch != null) {
      int partition = message.getLabels().getPartition();
      message
          .setInput(InputPositions.of(images, partition, batch.offset()))
          .setBatchId(batch.batchId());
    }
    return message;
  }

  /** Adds the model's incarnation, and the one that predicted the batch, if it is known. */
  public static void withIncarnation(
      Applied.Builder message, Control control, @Nullable PendingBatch batch) {
    message.setIncarnation(control.incarnation());
    if (batch != null) {
      message.setPredictedByIncarnation(control.incarnationAt(batch.offset()));
    }
  }

  /**
   * What came of a command.
   *
   * @param at where it lies
   * @param moment at which it took effect
   * @param refused why it changed nothing; null where it was obeyed
   */
  public static Applied.Builder of(
      String model,
      DecodedCommand command,
      InputPosition at,
      Moment moment,
      @Nullable String refused) {
    Applied.Builder message =
        Applied.newBuilder()
            .setModel(model)
            .setCommand(at)
            .setCommandId(command.id())
            .setCommandKind(command.kind())
            .setImagesOffset(moment.images())
            .setLabelsOffset(moment.labels())
            .setOutcome(refused == null ? Applied.Outcome.DONE : Applied.Outcome.REFUSED);
    if (refused != null) {
      message.setReason(Texts.shortened(refused, MAX_REASON));
    }
    return message;
  }

  /** Adds how good the prediction was. */
  public static Applied.Builder withScore(
      Applied.Builder message, Prediction prediction, Evaluation evaluation) {
    return message
        .setImages(evaluation.images())
        .setPredictedByVersion(prediction.version())
        .setScore(
            BatchScore.newBuilder()
                .setCorrect(evaluation.correct())
                .setMeanLoss(evaluation.meanLoss()));
  }

  /** The outcome as messages name it. */
  public static Applied.Outcome outcome(LabelOutcome outcome) {
    return Applied.Outcome.valueOf(outcome.name());
  }
}
