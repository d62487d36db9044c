package io.streamgrad.inference;

import io.streamgrad.model.MiniBatch;
import org.jspecify.annotations.Nullable;

/**
 * A request to predict.
 *
 * @param id comes back; null if there is none
 * @param classes how the classes are wanted; null if not at all
 * @param probabilities how the probabilities are wanted; null if not at all
 */
record InferRequest(
    @Nullable String id, MiniBatch batch, @Nullable Form classes, @Nullable Form probabilities) {
  static final String PIXELS = "pixels";
  static final String CLASSES = "classes";
  static final String PROBABILITIES = "probabilities";

  /** How an output is sent. */
  enum Form {
    JSON,
    BINARY
  }
}
