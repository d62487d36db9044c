package io.streamgrad.streams.input;

import io.streamgrad.format.changelog.Position;
import io.streamgrad.streams.input.Mismatch.Kind;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Whether the weights of a partition belong to the input and to the group's offset: the position
 * stored with them is that offset, except for what no reader sees (Kafka Streams commits past the
 * markers of transactions), both are within the log, and the log is the one that it was.
 * docs/decisions/0024.
 */
public final class InputCheck {
  private static final String ADOPT =
      "streamgrad adopt --continue-at %s (with the service's --config and -c)";

  private final String group;
  private final boolean exactlyOnce;
  private final InputLog input;

  /** The check of a group's weights; what is allowed differs by guarantee. */
  public InputCheck(String group, boolean exactlyOnce, InputLog input) {
    this.group = group;
    this.exactlyOnce = exactlyOnce;
    this.input = input;
  }

  /** What does not belong together; null if all does. */
  public @Nullable Mismatch mismatch(StoredLineage stored, LogState log) {
    Position position = stored.position();
    Mismatch otherLog = position == null ? null : otherLog(position, log);
    if (otherLog != null) {
      return otherLog;
    }
    if (position == null && stored.models() == 0) {
      return weightsMissing(log);
    }
    if (exactlyOnce && position != null && !stored.isOfPosition()) {
      return otherWeights(stored, position, log);
    }
    return outOfStep(stored, log);
  }

  private @Nullable Mismatch otherLog(Position position, LogState log) {
    String weightsOf = "the weights of application %s".formatted(group);
    if (!position.topic().equals(log.topic())) {
      return new Mismatch(
          Kind.OTHER_TOPIC,
          "%s have learned from topic %s, and the configuration says %s"
              .formatted(weightsOf, position.topic(), log.topic()),
          "learn another log on top of the one they know",
          "If this is another service, give it an application-id of its own; to let these weights learn %s from offset %d on: "
                  .formatted(log.topic(), within(log))
              + ADOPT.formatted("offset"));
    }
    if (!position.topicId().equals(log.topicId())) {
      return new Mismatch(
          Kind.TOPIC_MADE_ANEW,
          "topic %s was deleted and created again: its id is %s, %s have learned from %s up to offset %d"
              .formatted(
                  log.topic(), log.topicId(), weightsOf, position.topicId(), position.offset()),
          "take the new log for the end of the old one",
          "To let these weights learn the new log from offset %d on: ".formatted(within(log))
              + ADOPT.formatted("offset")
              + "; to train from the beginning, use another application-id");
    }
    if (position.partitions() != log.partitions()) {
      return partitionsChanged(group, position.topic(), position.partitions(), log.partitions());
    }
    return null;
  }

  /** Labels come with the images only, and models have learned from some that came later. */
  public static Mismatch labelsOff(String group, Position labels) {
    return new Mismatch(
        Kind.OTHER_TOPIC,
        "the weights of application %s have learned labels from topic %s, and topics.labels is not set"
            .formatted(group, labels.topic()),
        "forget which batches wait for labels",
        "Set topics.labels: %s; nothing has to come there".formatted(labels.topic()));
  }

  /** While the service ran. */
  static Mismatch madeAnew(String group, TopicDescription before, TopicDescription now) {
    return new Mismatch(
        Kind.TOPIC_MADE_ANEW,
        "topic %s was deleted and created again: its id is %s, and was %s"
            .formatted(now.name(), now.topicId(), before.topicId()),
        "let the weights of application %s take the new log for the end of the old one"
            .formatted(group),
        "To let them learn the new log from its beginning: "
            + ADOPT.formatted("offset")
            + "; to train from the beginning, use another application-id");
  }

  /** The images topic has another number of partitions than the weights are of. */
  public static Mismatch partitionsChanged(String group, String topic, int before, int now) {
    return new Mismatch(
        Kind.PARTITIONS_CHANGED,
        "topic %s has %d partitions, and the weights of application %s are of %d"
            .formatted(topic, now, group, before),
        "begin models again that already are in another partition",
        "Partitions can't be taken away: go on with a topic of %d partitions, or train from the beginning from the whole log with -c application-id=%s-%d-partitions"
            .formatted(before, group, now));
  }

  /** A record of an offset came that had come before, with no start of the task in between. */
  public static Mismatch rewound(String group, RecordMetadata record) {
    return new Mismatch(
        Kind.LEARNED_TWICE,
        "offset %d of %s-%d came a second time: the topic was deleted and created again, or its end was lost"
            .formatted(record.offset(), record.topic(), record.partition()),
        "let the weights of application %s learn another log on top of the one they know"
            .formatted(group),
        "Start the service again: it says what there is, and how to go on");
  }

  private @Nullable Mismatch weightsMissing(LogState log) {
    if (log.committed() <= 0 || (log.start() == 0 && !readable(log, 0, log.committed()))) {
      return null;
    }
    return new Mismatch(
        Kind.WEIGHTS_MISSING,
        "group %s has committed offset %d of %s, and its changelog has no weights"
            .formatted(group, log.committed(), log.name()),
        "begin every model untrained in the middle of the log",
        "To learn the log again from its beginning, offset %d: ".formatted(log.start())
            + ADOPT.formatted("weights")
            + "; to begin untrained at offset %d: ".formatted(log.committed())
            + ADOPT.formatted("offset"));
  }

  private Mismatch otherWeights(StoredLineage stored, Position position, LogState log) {
    return new Mismatch(
        Kind.OTHER_WEIGHTS,
        "the weights of %s are not those that were stored for offset %d: some are older or newer"
            .formatted(log.name(), position.offset()),
        "go on with models that lack batches, or have some twice",
        stored.announced() == null
            ? "To go on with them as they are: " + ADOPT.formatted("offset")
            : "They were written at-least-once: to let them learn what they lack, start the service"
                + " with processing-guarantee: at_least_once once more, and stop it gracefully;"
                + " to go on with them as they are: "
                + ADOPT.formatted("offset"));
  }

  private @Nullable Mismatch outOfStep(StoredLineage stored, LogState log) {
    long complete = stored.complete();
    long next = log.next();
    if (complete > log.end()) {
      return new Mismatch(
          Kind.LOG_CUT,
          "%s ends at offset %d, and the weights have learned it up to offset %d"
              .formatted(log.name(), log.end(), complete),
          "take what comes for the end of a log that was lost",
          "To go on at offset %d: ".formatted(within(log)) + ADOPT.formatted("offset"));
    }
    if (stored.replayFrom() < Math.min(complete, log.start())) {
      return new Mismatch(
          Kind.RECORDS_DELETED,
          "%s begins at offset %d, and the stored weights lack batches from offset %d on: records were deleted before the states that have them were stored"
              .formatted(log.name(), log.start(), stored.replayFrom()),
          "leave them out",
          "Raise the topic's retention, or set recovery-target: 0s; to go on without them: "
              + ADOPT.formatted("offset"));
    }
    if (log.start() > Math.max(complete, log.committed()) || !canBeLearned(stored, log)) {
      return new Mismatch(
          Kind.RECORDS_DELETED,
          "%s begins at offset %d, and the weights have learned it up to offset %d: records were deleted before they were learned"
              .formatted(log.name(), log.start(), complete),
          "leave them out",
          "Raise the topic's retention; to go on without them: " + ADOPT.formatted("offset"));
    }
    if (exactlyOnce && next < complete) {
      return new Mismatch(
          Kind.LEARNED_TWICE,
          "the weights of %s are at offset %d, and group %s %s"
              .formatted(log.name(), complete, group, committed(log)),
          "learn the batches from offset %d to %d a second time".formatted(next, complete - 1),
          "To go on where the weights are, which loses nothing: "
              + ADOPT.formatted("weights")
              + "; to learn them again: "
              + ADOPT.formatted("offset"));
    }
    boolean beyondTheLog = log.committed() > log.end();
    if (beyondTheLog
        || (exactlyOnce && stored.position() != null && readable(log, complete, next))) {
      return new Mismatch(
          Kind.SKIPPED,
          "the weights of %s are at offset %d, and group %s %s"
              .formatted(log.name(), complete, group, committed(log)),
          "skip the batches from offset %d to %d".formatted(complete, next - 1),
          "To go on where the weights are, which loses nothing: "
              + ADOPT.formatted("weights")
              + (beyondTheLog
                  ? "; to learn the log again from offset %d: ".formatted(within(log))
                  : "; to leave them out: ")
              + ADOPT.formatted("offset"));
    }
    return null;
  }

  /** At-least-once, what the weights may lack is learned from the log: it must be there. */
  private boolean canBeLearned(StoredLineage stored, LogState log) {
    return exactlyOnce
        || stored.position() == null
        || stored.isOfPosition()
        || stored.complete() >= Math.min(log.start(), log.next());
  }

  private boolean readable(LogState log, long from, long to) {
    long first = Math.max(from, log.start());
    return first < to && input.hasRecords(log.partition(), first, to);
  }

  /** The offset that is adopted where the group's own counts. */
  public static long within(LogState log) {
    return log.next() < log.start() || log.next() > log.end() ? log.start() : log.next();
  }

  private static String committed(LogState log) {
    return log.committed() == LogState.NONE
        ? "has committed no offset"
        : "has committed offset " + log.committed();
  }
}
