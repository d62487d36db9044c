package io.streamgrad.cli;

import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which records of a watched topic are shown. */
final class WatchFilter {
  @Option(names = "--model", paramLabel = "NAME", description = "Only those of this model.")
  private @Nullable String model;

  @Option(
      names = "--from-offset",
      paramLabel = "OFFSET",
      description = "Only those of batches from this offset of the images topic on.")
  private @Nullable Long fromOffset;

  @Option(
      names = "--until-offset",
      paramLabel = "OFFSET",
      description = "Only those of batches up to this offset; ends when the topic has no more.")
  private @Nullable Long untilOffset;

  @Option(
      names = "--from-time",
      paramLabel = "TIME",
      converter = PointInTime.class,
      description = "Only those with this time stamp or a later one: " + PointInTime.ALLOWED + ".")
  private @Nullable Instant fromTime;

  @Option(
      names = "--until-time",
      paramLabel = "TIME",
      converter = PointInTime.class,
      description =
          "Only those with this time stamp or an earlier one; ends when it is that late and the"
              + " topic has no more.")
  private @Nullable Instant untilTime;

  /** Ends the command if no record could pass. */
  void check(CommandSpec spec) {
    if (model != null) {
      Arguments.requireModelName(spec, "--model", model);
    }
    Arguments.require(
        spec, fromOffset == null || fromOffset >= 0, "--from-offset", fromOffset, "0 or above");
    Arguments.require(
        spec,
        untilOffset == null || untilOffset >= (fromOffset == null ? 0 : fromOffset),
        "--until-offset",
        untilOffset,
        "0 or above, and not before --from-offset");
    Arguments.require(
        spec,
        untilTime == null || fromTime == null || !untilTime.isBefore(fromTime),
        "--until-time",
        untilTime,
        "not before --from-time");
  }

  /** Whether it lets pass what has been there for long. */
  boolean looksBack() {
    return fromOffset != null || untilOffset != null || fromTime != null || untilTime != null;
  }

  /** No earlier record passes; null if there is no such time. */
  @Nullable Instant fromTime() {
    return fromTime;
  }

  /** No record that comes after this time passes; null if there is no such time. */
  @Nullable Instant end() {
    return untilTime != null || untilOffset == null ? untilTime : Instant.MIN;
  }

  /** Whether a record is shown. */
  boolean passes(ConsumerRecord<byte[], byte[]> record, WatchedRecord read) {
    Instant time = Instant.ofEpochMilli(record.timestamp());
    return (model == null || model.equals(read.model()))
        && (fromOffset == null || read.inputOffset() >= fromOffset)
        && (untilOffset == null || (read.inputOffset() >= 0 && read.inputOffset() <= untilOffset))
        && (fromTime == null || !time.isBefore(fromTime))
        && (untilTime == null || !time.isAfter(untilTime));
  }
}
