package io.streamgrad.wire;

/** An input record that is not what it says, or not what its model takes. */
public final class BadRecordException extends Exception {
  private static final long serialVersionUID = 1L;

  /** No message is longer; it may quote what came. */
  public static final int MAX_MESSAGE_CHARS = 500;

  private final Reason reason;

  /** What is wrong; the name in lower case is what headers and meters show. */
  public enum Reason {
    /** The key is not a model name. */
    INVALID_MODEL_NAME,
    /** The configuration allows no model of this name. */
    MODEL_NOT_ALLOWED,
    /** There are as many models in the partition as there may be, and none of this name. */
    TOO_MANY_MODELS,
    /** The record lies in another partition than the one that its model's name belongs to. */
    WRONG_PARTITION,
    /** The model follows another one, whose records it takes. */
    FOLLOWER,
    /** The content type is not one that the service understands. */
    UNKNOWN_CONTENT_TYPE,
    /** The value is missing, or not what its content type says. */
    UNREADABLE,
    /** A header that the value's content type needs is missing, or is not what it may be. */
    BAD_HEADER,
    /** There are no pixels. */
    NO_IMAGES,
    /** Height times width times channels is not the model's number of inputs. */
    WRONG_SHAPE,
    /** The pixels are not a whole number of images. */
    INCOMPLETE_IMAGE,
    /** More images than the model's maximum batch size. */
    TOO_MANY_IMAGES,
    /** There are labels, but not one for each image. */
    LABEL_COUNT,
    /** Labels name no batch that they may be of. */
    NO_BATCH,
    /** A label is not one of the model's classes. */
    LABEL_OUT_OF_RANGE,
    /** The batch id is longer than what is sent back. */
    BATCH_ID_TOO_LONG,
    /** A command that is not known, or that lacks something, or has what is not its own. */
    BAD_COMMAND;

    /** As it stands in headers and labels. */
    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }

  BadRecordException(Reason reason, String message) {
    super(
        message.length() <= MAX_MESSAGE_CHARS ? message : message.substring(0, MAX_MESSAGE_CHARS));
    this.reason = reason;
  }

  /** What is wrong. */
  public Reason reason() {
    return reason;
  }
}
