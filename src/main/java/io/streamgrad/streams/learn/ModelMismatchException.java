package io.streamgrad.streams.learn;

/** Stored weights are of another network than the configuration asks for. */
public final class ModelMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ModelMismatchException(String model, String mismatch) {
    super(
        "the stored model \"%s\" has %s; nothing was overwritten: restore the configuration it was trained with, send its batches under another model name, or train from the beginning under another application-id"
            .formatted(model, mismatch));
  }
}
