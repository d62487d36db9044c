package io.streamgrad.streams.learn;

import io.streamgrad.format.changelog.Following;
import java.util.List;
import java.util.stream.Collectors;

/** What is stored of models does not go together with what the configuration asks for. */
public final class ModelMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final int NAMES = 20; // in a message

  private ModelMismatchException(String message) {
    super(message);
  }

  ModelMismatchException(String model, String mismatch) {
    this(
        "the stored model \"%s\" has %s; nothing was overwritten: restore the configuration it was trained with, send its batches under another model name, or train from the beginning under another application-id"
            .formatted(model, mismatch));
  }

  /**
   * Models have begun to follow others more often than is remembered.
   *
   * @param all when they did, in that order
   */
  static ModelMismatchException tooManyFollowed(List<Following> all, int most) {
    String last =
        all.subList(Math.max(0, all.size() - NAMES), all.size()).stream()
            .map(each -> "\"%s\" of \"%s\"".formatted(each.follower(), each.leader()))
            .distinct()
            .collect(Collectors.joining(", "));
    String oldest =
        all.stream()
            .filter(each -> !each.isOpen())
            .findFirst()
            .map(
                each ->
                    ", or delete records that nobody verifies any more: \"%s\" followed up to offset %d of the images"
                        .formatted(each.follower(), each.to().images()))
            .orElse("");
    return new ModelMismatchException(
        "models of this partition have begun to follow others %d times, and no more than %d are remembered, or \"streamgrad verify\" would disagree; the last are %s; nothing was overwritten: leave followers out of the configuration that are not there yet%s"
            .formatted(all.size(), most, last, oldest));
  }

  /** A follower's name has a model where the follower does not live. */
  static ModelMismatchException elsewhere(String follower, String where) {
    return new ModelMismatchException(
        "a model \"%s\" is %s; nothing was overwritten: give the follower a name that no model has"
            .formatted(follower, where));
  }
}
