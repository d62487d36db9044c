package io.streamgrad.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.wire.BadRecordException.Reason;
import io.streamgrad.wire.pixels.ImageFormatException;
import io.streamgrad.wire.pixels.PngImage;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Records of the images topic to messages, whichever way images and their description come: as a
 * message, as pixels with headers, as PNG. The place for another format, such as Avro or
 * CloudEvents: what it is must follow from a record's bytes, its headers and the configuration.
 */
public final class ImageRecords {
  private static final InputReader<ImageBatch> READER =
      new InputReader<>(ImageBatch.getDefaultInstance());

  private static final int COLORS = 3;

  private ImageRecords() {}

  /**
   * Reads a record; what comes of it has pixels, and nothing encoded. Whether it fits the model is
   * not checked, but no image is decoded that would not.
   *
   * @return the message; its bytes may be those of the value, and not a copy
   * @throws BadRecordException if it can't be read, or is encoded and does not fit
   */
  public static ImageBatch read(Headers headers, byte @Nullable [] value, ModelSpec model)
      throws BadRecordException {
    ContentType type = ContentType.of(headers);
    if (type.isMessage()) {
      ImageBatch message = READER.read(type, headers, value);
      return message.getEncodedCount() == 0 ? message : decoded(message, model);
    }
    if (value == null) {
      throw new BadRecordException(Reason.UNREADABLE, "the record has no value");
    }
    ImageBatch.Builder message = ImageHeaders.read(headers, model.maxBatchSize());
    if (type == ContentType.PNG) {
      return decoded(message.addEncoded(UnsafeByteOperations.unsafeWrap(value)).build(), model);
    }
    if (message.getHeight() == 0 || message.getWidth() == 0) {
      throw new BadRecordException(
          Reason.BAD_HEADER,
          "the header %s is missing, which %s needs"
              .formatted(
                  message.getHeight() == 0 ? ImageHeaders.HEIGHT : ImageHeaders.WIDTH,
                  type.text()));
    }
    return message.setPixels(UnsafeByteOperations.unsafeWrap(value)).build();
  }

  /**
   * The pixels as models take them: (images, height, width, channels).
   *
   * @param images how many there are: a divisor of the number of bytes
   */
  public static ByteString interleaved(ImageBatch message, int images) {
    int channels = message.getChannels();
    if (message.getLayout() != ImageBatch.Layout.PLANAR || channels <= 1) {
      return message.getPixels();
    }
    int pixels = message.getPixels().size() / images / channels;
    byte[] interleaved = new byte[message.getPixels().size()];
    int from = 0;
    for (int image = 0; image < interleaved.length; image += pixels * channels) {
      for (int channel = 0; channel < channels; channel++) {
        for (int pixel = 0; pixel < pixels; pixel++) {
          interleaved[image + pixel * channels + channel] = message.getPixels().byteAt(from++);
        }
      }
    }
    return UnsafeByteOperations.unsafeWrap(interleaved);
  }

  private static ImageBatch decoded(ImageBatch message, ModelSpec model) throws BadRecordException {
    if (!message.getPixels().isEmpty()) {
      throw new BadRecordException(
          Reason.UNREADABLE, "the batch has pixels and encoded images; must have one of the two");
    }
    int images = message.getEncodedCount();
    if (images > model.maxBatchSize()) {
      throw ImageBatchDecoder.tooMany(images, model);
    }
    byte[] pixels = new byte[images * model.inputs()];
    ImageBatch.Builder shape = message.toBuilder();
    for (int i = 0; i < images; i++) {
      try {
        decode(message.getEncoded(i), shape, model, pixels, i * model.inputs());
      } catch (ImageFormatException e) {
        throw new BadRecordException(
            Reason.UNREADABLE,
            "image %d is not a valid PNG: %s"
                .formatted(i, Texts.shortened(String.valueOf(e.getMessage()))));
      }
    }
    return shape
        .clearEncoded()
        .clearLayout()
        .setPixels(UnsafeByteOperations.unsafeWrap(pixels))
        .build();
  }

  /**
   * Decodes an image.
   *
   * @param shape what is said so far, or was found of the images before; 0 for what is not known
   */
  private static void decode(
      ByteString file, ImageBatch.Builder shape, ModelSpec model, byte[] pixels, int at)
      throws ImageFormatException, BadRecordException {
    PngImage image = PngImage.of(file.asReadOnlyByteBuffer());
    if ((shape.getHeight() != 0 && shape.getHeight() != image.height())
        || (shape.getWidth() != 0 && shape.getWidth() != image.width())) {
      throw new BadRecordException(
          Reason.WRONG_SHAPE,
          "a PNG image is %d x %d, and is said to be %s x %s"
              .formatted(
                  image.height(),
                  image.width(),
                  Integer.toUnsignedString(shape.getHeight()),
                  Integer.toUnsignedString(shape.getWidth())));
    }
    long size = (long) image.height() * image.width();
    int channels = shape.getChannels();
    if (channels == 0) {
      channels = size == model.inputs() ? 1 : COLORS;
    }
    if ((channels != 1 && channels != COLORS) || size * channels != model.inputs()) {
      throw new BadRecordException(
          Reason.WRONG_SHAPE,
          "a PNG image is %d x %d, the model takes %d inputs: as many in grey, or three times as many in color%s"
              .formatted(
                  image.height(),
                  image.width(),
                  model.inputs(),
                  shape.getChannels() == 0
                      ? ""
                      : "; %s channels are asked for"
                          .formatted(Integer.toUnsignedString(shape.getChannels()))));
    }
    shape.setHeight(image.height()).setWidth(image.width()).setChannels(channels);
    System.arraycopy(image.pixels(channels), 0, pixels, at, model.inputs());
  }
}
