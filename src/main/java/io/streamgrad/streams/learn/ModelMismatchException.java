package io.streamgrad.streams.learn;

/** Stored weights are not those of the model that the configuration asks for. */
public final class ModelMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private ModelMismatchException(String message) {
    super(message);
  }

  ModelMismatchException(String model, String mismatch) {
    this(
        "the stored model \"%s\" has %s; nothing was overwritten: restore the configuration it was trained with, send its batches under another model name, or train from the beginning under another application-id"
            .formatted(model, mismatch));
  }

  /** A follower's name has a model where the follower does not live. */
  static ModelMismatchException elsewhere(String follower, String where) {
    return new ModelMismatchException(
        "a model \"%s\" is %s; nothing was overwritten: give the follower a name that no model has"
            .formatted(follower, where));
  }
}
