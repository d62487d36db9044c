package io.streamgrad.wire;

import io.streamgrad.v1.ImageBatch;
import io.streamgrad.wire.BadRecordException.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The headers of an image without a message: what an {@link ImageBatch} has in its fields. The last
 * one of a name counts; numbers are decimal digits.
 */
public final class ImageHeaders {
  /** Rows. */
  public static final String HEIGHT = "streamgrad.height";

  /** Columns. */
  public static final String WIDTH = "streamgrad.width";

  /** Values of a pixel; 1 where it is left out. */
  public static final String CHANNELS = "streamgrad.channels";

  /** {@code interleaved}, also where it is left out, or {@code planar}. */
  public static final String LAYOUT = "streamgrad.layout";

  /** The class of each image, with commas between; nothing for an image that has none. */
  public static final String LABELS = "streamgrad.labels";

  /** What the producer wants to see again in the prediction. */
  public static final String BATCH_ID = "streamgrad.batch-id";

  /** No number has more digits. */
  private static final int MAX_DIGITS = 9;

  private ImageHeaders() {}

  /**
   * What a record's headers say, as a message without pixels.
   *
   * @param maxImages no more labels are looked at
   * @throws BadRecordException if one of them is not what it may be
   */
  static ImageBatch.Builder read(Headers headers, int maxImages) throws BadRecordException {
    ImageBatch.Builder said =
        ImageBatch.newBuilder()
            .setHeight(number(headers, HEIGHT))
            .setWidth(number(headers, WIDTH))
            .setChannels(number(headers, CHANNELS));
    String layout = text(headers, LAYOUT);
    if (layout != null) {
      said.setLayout(
          switch (layout.toLowerCase(Locale.ROOT)) {
            case "interleaved" -> ImageBatch.Layout.INTERLEAVED;
            case "planar" -> ImageBatch.Layout.PLANAR;
            default -> throw bad(LAYOUT, layout, "interleaved or planar");
          });
    }
    String batchId = text(headers, BATCH_ID);
    if (batchId != null) {
      said.setBatchId(batchId);
    }
    readLabels(headers, maxImages, said);
    return said;
  }

  private static void readLabels(Headers headers, int maxImages, ImageBatch.Builder said)
      throws BadRecordException {
    String text = text(headers, LABELS);
    if (text == null || text.isBlank()) {
      return;
    }
    String[] each = text.split(",", maxImages + 1);
    byte[] labels = new byte[each.length];
    for (int i = 0; i < each.length; i++) {
      String label = each[i].strip();
      if (label.isEmpty()) {
        said.addUnlabeled(i);
        continue;
      }
      if (i == maxImages) {
        break; // too many: whatever this one says
      }
      int value = digits(label);
      if (value < 0) {
        throw bad(LABELS, text, "whole numbers, with commas between");
      }
      if (value > 255) {
        throw new BadRecordException(
            Reason.LABEL_OUT_OF_RANGE,
            "label %d of image %d; no model has classes above 255".formatted(value, i));
      }
      labels[i] = (byte) value;
    }
    said.setLabels(com.google.protobuf.ByteString.copyFrom(labels));
  }

  /** 0 where there is none. */
  private static int number(Headers headers, String name) throws BadRecordException {
    String text = text(headers, name);
    if (text == null) {
      return 0;
    }
    int value = digits(text.strip());
    if (value < 1) {
      throw bad(name, text, "a whole number from 1 to 999999999");
    }
    return value;
  }

  /** -1 for what is no number. */
  private static int digits(String text) {
    if (text.isEmpty() || text.length() > MAX_DIGITS) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  private static @Nullable String text(Headers headers, String name) throws BadRecordException {
    Header header = headers.lastHeader(name);
    if (header == null || header.value() == null) {
      return null;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(header.value())).toString();
    } catch (CharacterCodingException e) {
      throw new BadRecordException(Reason.BAD_HEADER, "the header %s is not UTF-8".formatted(name));
    }
  }

  private static BadRecordException bad(String name, String value, String allowed) {
    return new BadRecordException(
        Reason.BAD_HEADER,
        "the header %s is \"%s\"; must be %s".formatted(name, Texts.shortened(value), allowed));
  }
}
