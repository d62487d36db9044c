package io.streamgrad.wire;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.streamgrad.model.LateLabels;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.wire.BadRecordException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Records of the images topic to mini-batches. Pixels of a Protobuf value and those that are a
 * value of their own, and labels in Protobuf, are not copied: the batch points into the value,
 * which nobody else may change.
 */
public final class ImageBatchDecoder {
  /** The longest batch id that is sent back with a prediction, in bytes of UTF-8. */
  public static final int MAX_BATCH_ID_BYTES = 1024;

  private ImageBatchDecoder() {}

  /**
   * Reads and checks a value.
   *
   * @param model what the batch must fit
   * @throws BadRecordException if it is not a batch of images for this model
   */
  public static DecodedBatch decode(Headers headers, byte @Nullable [] value, ModelSpec model)
      throws BadRecordException {
    ImageBatch message = ImageRecords.read(headers, value, model);
    int images = images(message, model);
    int[] labeled = labeled(message, images);
    checkLabels(message.getLabels(), labeled, images, model.classes());
    checkBatchId(message.getBatchId());
    Slice pixels = Slice.of(ImageRecords.interleaved(message, images));
    Slice labels = Slice.of(message.getLabels());
    boolean all = labeled == null && !message.getLabels().isEmpty();
    return new DecodedBatch(
        new MiniBatch(
            images,
            model.inputs(),
            pixels.array,
            pixels.offset,
            all ? labels.array : null,
            labels.offset),
        message.getBatchId(),
        labeled == null || labeled.length == 0 ? null : some(labeled, message.getLabels()));
  }

  /** The images that have a label, where not all have; null where all or none have. */
  private static int @Nullable [] labeled(ImageBatch message, int images)
      throws BadRecordException {
    if (message.getUnlabeledCount() == 0) {
      return null;
    }
    BitSet unlabeled = new BitSet(images);
    for (int image : message.getUnlabeledList()) {
      if (image < 0 || image >= images || unlabeled.get(image)) { // negative: above 2^31
        throw new BadRecordException(
            Reason.LABEL_COUNT,
            "image %d is said to have no label; the batch has %d images, each named once"
                .formatted(Integer.toUnsignedLong(image), images));
      }
      unlabeled.set(image);
    }
    unlabeled.flip(0, images);
    return unlabeled.stream().toArray();
  }

  private static LateLabels some(int[] labeled, ByteString labels) {
    byte[] theirs = new byte[labeled.length];
    for (int i = 0; i < theirs.length; i++) {
      theirs[i] = labels.byteAt(labeled[i]);
    }
    return new LateLabels(LateLabels.BY_ID, "", labeled, theirs);
  }

  private static int images(ImageBatch message, ModelSpec model) throws BadRecordException {
    int pixels = message.getPixels().size();
    if (pixels == 0) {
      throw new BadRecordException(Reason.NO_IMAGES, "the batch has no pixels");
    }
    checkShape(message, model);
    if (pixels % model.inputs() != 0) {
      throw new BadRecordException(
          Reason.INCOMPLETE_IMAGE,
          "%d bytes of pixels are no whole number of %s images".formatted(pixels, shape(message)));
    }
    int images = pixels / model.inputs();
    if (images > model.maxBatchSize()) {
      throw tooMany(images, model);
    }
    return images;
  }

  static BadRecordException tooMany(int images, ModelSpec model) {
    return new BadRecordException(
        Reason.TOO_MANY_IMAGES,
        "%d images, the model takes at most %d".formatted(images, model.maxBatchSize()));
  }

  private static void checkShape(ImageBatch message, ModelSpec model) throws BadRecordException {
    long height = Integer.toUnsignedLong(message.getHeight());
    long width = Integer.toUnsignedLong(message.getWidth());
    long channels = Math.max(1, Integer.toUnsignedLong(message.getChannels()));
    long pixels = height * width; // unsigned, 64 bits hold the product
    if (channels > model.inputs()
        || Long.compareUnsigned(pixels, model.inputs()) > 0
        || pixels * channels != model.inputs()) {
      throw new BadRecordException(
          Reason.WRONG_SHAPE,
          "images are %s, the model takes %d %s"
              .formatted(shape(message), model.inputs(), channels == 1 ? "pixels" : "inputs"));
    }
    if (message.getLayout() == ImageBatch.Layout.UNRECOGNIZED) {
      throw new BadRecordException(
          Reason.WRONG_SHAPE,
          "layout is %d; must be INTERLEAVED or PLANAR".formatted(message.getLayoutValue()));
    }
  }

  private static String shape(ImageBatch message) {
    String size =
        Integer.toUnsignedString(message.getHeight())
            + " x "
            + Integer.toUnsignedString(message.getWidth());
    return Integer.compareUnsigned(message.getChannels(), 1) <= 0
        ? size
        : size + " x " + Integer.toUnsignedString(message.getChannels()) + " channels";
  }

  private static void checkLabels(
      ByteString labels, int @Nullable [] labeled, int images, int classes)
      throws BadRecordException {
    if (labels.isEmpty() && labeled == null) {
      return;
    }
    if (labels.size() != images) {
      throw new BadRecordException(
          Reason.LABEL_COUNT, "%d labels for %d images".formatted(labels.size(), images));
    }
    if (labeled == null) {
      checkClasses(labels, classes);
    } else {
      for (int image : labeled) {
        checkClass(labels.byteAt(image) & 0xff, image, classes);
      }
    }
  }

  /** Checks that the model has the classes of labels. */
  static void checkClasses(ByteString labels, int classes) throws BadRecordException {
    for (int i = 0; i < labels.size(); i++) {
      checkClass(labels.byteAt(i) & 0xff, i, classes);
    }
  }

  private static void checkClass(int label, int image, int classes) throws BadRecordException {
    if (label >= classes) {
      throw new BadRecordException(
          Reason.LABEL_OUT_OF_RANGE,
          "label %d of image %d, the model has classes 0 to %d"
              .formatted(label, image, classes - 1));
    }
  }

  /** Checks that a batch id is not longer than what is sent back. */
  static void checkBatchId(String batchId) throws BadRecordException {
    // Few are so long that their bytes need to be counted.
    if (batchId.length() > MAX_BATCH_ID_BYTES / 3) {
      int bytes = Utils.utf8Length(batchId);
      if (bytes > MAX_BATCH_ID_BYTES) {
        throw new BadRecordException(
            Reason.BATCH_ID_TOO_LONG,
            "the batch id has %d bytes of UTF-8; may have at most %d"
                .formatted(bytes, MAX_BATCH_ID_BYTES));
      }
    }
  }

  /** Where a byte string's bytes lie. */
  private static final class Slice extends ByteOutput {
    private byte[] array = new byte[0];
    private int offset;

    static Slice of(ByteString bytes) {
      try {
        Slice slice = new Slice();
        UnsafeByteOperations.unsafeWriteTo(bytes, slice);
        return slice;
      } catch (IOException e) {
        throw new IllegalStateException("a slice does no I/O", e);
      }
    }

    @Override
    public void write(byte[] value, int from, int length) {
      writeLazy(value, from, length);
    }

    @Override
    public void writeLazy(byte[] value, int from, int length) {
      array = value;
      offset = from;
    }

    @Override
    public void write(byte value) {
      throw new UnsupportedOperationException("a byte string gives its bytes at once");
    }

    @Override
    public void write(ByteBuffer value) {
      throw new UnsupportedOperationException("the bytes lie in an array");
    }

    @Override
    public void writeLazy(ByteBuffer value) {
      throw new UnsupportedOperationException("the bytes lie in an array");
    }
  }
}
