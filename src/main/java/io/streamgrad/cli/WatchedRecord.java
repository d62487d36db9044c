package io.streamgrad.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.v1.Score;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * A record of an output topic, read. Its texts are as raw as what its producer has sent.
 *
 * @param model the one it is about
 * @param inputOffset where the batch lies that it is about; -1 where nothing says
 * @param line for a person
 * @param json for a program, with every field that has a value at all: zeros are values
 */
record WatchedRecord(String model, long inputOffset, Supplier<String> line, Supplier<String> json) {
  private static final JsonFormat.Printer JSON =
      JsonFormat.printer().omittingInsignificantWhitespace().alwaysPrintFieldsWithNoPresence();

  static WatchedRecord of(PredictionBatch p) {
    return new WatchedRecord(p.getModel(), p.getInput().getOffset(), () -> line(p), () -> print(p));
  }

  static WatchedRecord of(Applied a) {
    return new WatchedRecord(
        a.getModel(),
        a.hasInput() ? a.getInput().getOffset() : a.getImagesOffset(),
        () -> line(a),
        () -> print(a));
  }

  static WatchedRecord of(MetricsReport r) {
    return new WatchedRecord(r.getModel(), r.getInput().getOffset(), () -> line(r), () -> print(r));
  }

  private static String line(PredictionBatch p) {
    InputPosition input = p.getInput();
    String score =
        p.hasScore()
            ? String.format(
                Locale.ROOT,
                "  %d/%d right, loss %.4f",
                p.getScore().getCorrect(),
                p.getClassesCount(),
                p.getScore().getMeanLoss())
            : "";
    return "%s v%d  %s-%d@%d%s  %s"
        .formatted(
            p.getModel(),
            p.getModelVersion(),
            input.getTopic(),
            input.getPartition(),
            input.getOffset(),
            score,
            p.getClassesList());
  }

  private static String line(Applied a) {
    InputPosition of = a.hasCommand() ? a.getCommand() : a.getLabels();
    String what = a.hasCommand() ? a.getCommandKind() + " " : "";
    String score =
        a.hasScore()
            ? String.format(
                Locale.ROOT,
                "  %d/%d right, loss %.4f",
                a.getScore().getCorrect(),
                a.getImages(),
                a.getScore().getMeanLoss())
            : "";
    return "%s v%d  %s-%d@%d  %s%s before images offset %d%s%s"
        .formatted(
            a.getModel(),
            a.getModelVersion(),
            of.getTopic(),
            of.getPartition(),
            of.getOffset(),
            what,
            a.getOutcome(),
            a.getImagesOffset(),
            score,
            a.getReason().isEmpty() ? "" : "  " + a.getReason());
  }

  private static String line(MetricsReport r) {
    Score window = r.getWindow();
    String what =
        r.hasWindow()
            ? String.format(
                Locale.ROOT,
                "%d images: accuracy %.4f, loss %.4f, %.0f images/s by time stamp",
                window.getImages(),
                window.getAccuracy(),
                window.getMeanLoss(),
                r.getImagesPerSecond())
            : "%d updates skipped".formatted(r.getUpdatesSkipped());
    return String.format(
        Locale.ROOT,
        "%s v%d  %s  (in all %d: %.4f)%s",
        r.getModel(),
        r.getModelVersion(),
        what,
        r.getLifetime().getImages(),
        r.getLifetime().getAccuracy(),
        r.getDiverged() ? "  DIVERGED" : "");
  }

  private static String print(MessageOrBuilder message) {
    try {
      return JSON.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("messages without Any can be printed", e);
    }
  }
}
