package io.streamgrad.verify;

import java.util.Locale;

/**
 * One thing that is not as the input log says it must be.
 *
 * @param kind what sort of thing
 * @param model its name; "?" where a record names none
 * @param place partition of the input topic and offset in it, such as streamgrad.images-0@17, the
 *     partition alone where there is no one offset; of a foreign record, its own
 * @param detail what was found, where, and what was expected, with SHA-256 hashes of both
 */
public record Disagreement(Kind kind, String model, String place, String detail) {
  private static final int LONGEST = 1000;

  /** What is not as it must be. */
  public enum Kind {
    /** A batch has no prediction. */
    MISSING_PREDICTION,
    /** A prediction that the input does not account for: a second one, or out of order. */
    EXTRA_PREDICTION,
    /** A prediction that the weights before its batch do not make. */
    WRONG_PREDICTION,
    /** A bad record is not among the dead letters. */
    MISSING_DEAD_LETTER,
    /** A dead letter that the input does not account for. */
    EXTRA_DEAD_LETTER,
    /** A dead letter that is not the bad record, or gives another reason. */
    WRONG_DEAD_LETTER,
    /** Nothing says what came of labels. */
    MISSING_APPLIED,
    /** Something says what came of labels that the input does not account for. */
    EXTRA_APPLIED,
    /** What came of labels, or when, is not what the input gives. */
    WRONG_APPLIED,
    /** The stored weights are not those that the batches give. */
    WRONG_WEIGHTS,
    /** The stored weights are not of the batches that the committed offset says. */
    WRONG_LINEAGE,
    /** How a follower compares with its leader is not what the batches give. */
    WRONG_COMPARISON,
    /** A snapshot is not the state that the batches give. */
    WRONG_SNAPSHOT,
    /** Weights are stored in another partition than the one that the model's name belongs to. */
    WRONG_PARTITION,
    /** The committed offset is not within the input log. */
    WRONG_OFFSET,
    /** A record of an output topic or the changelog that the service does not write. */
    FOREIGN_RECORD;

    /** As a person reads it. */
    String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /** One line for a person. */
  @Override
  public String toString() {
    String about =
        kind == Kind.FOREIGN_RECORD
            ? "%s: %s %s".formatted(kind.text(), place, detail)
            : "%s: model \"%s\", input %s: %s".formatted(kind.text(), model, place, detail);
    String printable = about.replaceAll("\\p{Cntrl}", "?");
    return printable.length() <= LONGEST ? printable : printable.substring(0, LONGEST) + "...";
  }
}
