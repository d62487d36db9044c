package io.streamgrad.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Labels that come after their images.
 *
 * @param batch offset of the images; -1 where {@code batchId} names them
 * @param batchId what their producer called them; "" where {@code batch} names them
 * @param images which of the batch's images they are of, each once; null: of all, in their order
 * @param labels (images) the classes
 */
@SuppressWarnings("ArrayRecordComponent") // compared by no one
public record LateLabels(long batch, String batchId, int @Nullable [] images, byte[] labels) {
  /** Where a batch is named by its id. */
  public static final long BY_ID = -1;

  /** Whether they are of that batch. */
  boolean nameBatch(long offset, String id) {
    return batchId.isEmpty() ? batch == offset : batchId.equals(id);
  }

  /** The image that the i-th label is of. */
  int image(int i) {
    return images == null ? i : images[i];
  }

  /** The images that the labels in these places are of. */
  public int[] imagesAt(int[] places) {
    return Arrays.stream(places).map(this::image).toArray();
  }

  /** The labels in these places. */
  public byte[] labelsAt(int[] places) {
    byte[] theirs = new byte[places.length];
    for (int i = 0; i < places.length; i++) {
      theirs[i] = labels[places[i]];
    }
    return theirs;
  }

  /** The class that the i-th label says. */
  int label(int i) {
    return labels[i] & 0xff;
  }

  /** Whether there may be such labels for a batch of so many images. */
  boolean fit(int count) {
    return images == null
        ? labels.length == count
        : Arrays.stream(images).allMatch(image -> image < count);
  }
}
