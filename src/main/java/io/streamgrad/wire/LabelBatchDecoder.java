package io.streamgrad.wire;

import io.streamgrad.model.LateLabels;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.wire.BadRecordException.Reason;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Values of the labels topic to labels. */
public final class LabelBatchDecoder {
  private static final InputReader<LabelBatch> READER =
      new InputReader<>(LabelBatch.getDefaultInstance());

  private final String images;

  /** A decoder of labels for batches of this topic. */
  public LabelBatchDecoder(String images) {
    this.images = images;
  }

  /**
   * Reads and checks a value.
   *
   * @param model what the labels must fit
   * @param partition that the record lies in
   * @throws BadRecordException if it is not labels for images of this model
   */
  public DecodedLabels decode(
      Headers headers, byte @Nullable [] value, ModelSpec model, int partition)
      throws BadRecordException {
    LabelBatch message = READER.read(headers, value);
    ImageBatchDecoder.checkBatchId(message.getBatchId());
    boolean byId = !message.getBatchId().isEmpty();
    if (byId == message.hasInput()) {
      throw new BadRecordException(
          Reason.NO_BATCH,
          byId
              ? "the batch is named twice, by input and by batch_id"
              : "no batch is named, neither by input nor by batch_id");
    }
    int count = message.getLabels().size();
    if (count == 0 || count > model.maxBatchSize()) {
      throw new BadRecordException(
          Reason.LABEL_COUNT,
          "%d labels, a batch has 1 to %d images".formatted(count, model.maxBatchSize()));
    }
    ImageBatchDecoder.checkClasses(message.getLabels(), model.classes());
    return new DecodedLabels(
        new LateLabels(
            byId ? LateLabels.BY_ID : offset(message.getInput(), partition),
            message.getBatchId(),
            message.getImagesCount() == 0 ? null : images(message, count),
            message.getLabels().toByteArray()));
  }

  private long offset(InputPosition input, int partition) throws BadRecordException {
    boolean here = input.getTopic().isEmpty() || input.getTopic().equals(images);
    if (!here || input.getPartition() != partition || input.getOffset() < 0) {
      throw new BadRecordException(
          Reason.NO_BATCH,
          "the batch is named as %s-%d, offset %d; must be of %s-%d, where the model's batches are"
              .formatted(
                  input.getTopic(), input.getPartition(), input.getOffset(), images, partition));
    }
    return input.getOffset();
  }

  private static int[] images(LabelBatch message, int labels) throws BadRecordException {
    int[] images = message.getImagesList().stream().mapToInt(Integer::intValue).toArray();
    long different = message.getImagesList().stream().distinct().count();
    boolean none = message.getImagesList().stream().anyMatch(image -> image < 0); // unsigned
    if (images.length != labels || different != images.length || none) {
      throw new BadRecordException(
          Reason.LABEL_COUNT,
          "%d labels for %d images, %d of them different"
              .formatted(labels, images.length, different));
    }
    return images;
  }
}
