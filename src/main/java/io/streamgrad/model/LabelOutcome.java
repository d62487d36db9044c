package io.streamgrad.model;

/** What came of labels that came after their images. */
public enum LabelOutcome {
  /** The images that had no label were scored by what was predicted then, and learned from. */
  LEARNED,
  /** Their batch has not come yet; they take effect when it does. */
  HELD,
  /** All of them were known: they came a second time. */
  REPEATED,
  /** One of them is another than the label that is known; none was taken. */
  CONFLICTING,
  /** There is no such batch. */
  UNKNOWN_BATCH,
  /** Their batch is so old, or so many came after it, that it is no longer waited for. */
  EXPIRED,
  /** They are not as many as the batch has images, or of an image that it does not have. */
  WRONG_COUNT,
  /** The images are no longer in their topic. */
  IMAGES_DELETED,
  /** The images that had no label were scored; the model is paused, and learned nothing. */
  SCORED
}
