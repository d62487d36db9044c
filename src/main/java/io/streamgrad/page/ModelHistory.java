package io.streamgrad.page;

import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the metrics topic says about one model: its curve, its marks, and its latest reports.
 *
 * <p>Not thread-safe.
 */
final class ModelHistory {
  /** The mark of a model that began again: it has seen fewer images than before. */
  static final String BEGINS_AGAIN = "begins_again";

  static final String PAUSED = "paused";
  static final String RESUMED = "resumed";

  private static final int MAX_MARKS = 100;
  private static final String REASON = "REASON_";

  private final String model;
  private final Curve curve = new Curve();
  private final List<Mark> marks = new ArrayList<>();
  private MetricsReport latest = MetricsReport.getDefaultInstance();
  private @Nullable MetricsReport latestWindow;
  private long latestTime;
  private long earlierLives; // images of the model before it began again
  private long revision;

  ModelHistory(String model) {
    this.model = model;
  }

  /**
   * Takes the next report of the model.
   *
   * @param time the record's, milliseconds since 1970
   */
  void add(MetricsReport report, long time) {
    if (isRepeated(report)) {
      return;
    }
    revision++;
    if (report.hasLifetime()) {
      boolean another = latest.hasLifetime() && report.getIncarnation() != latest.getIncarnation();
      if (another || report.getLifetime().getImages() < latest.getLifetime().getImages()) {
        earlierLives += latest.getLifetime().getImages();
        mark(BEGINS_AGAIN, report, time);
      }
      if (report.getPaused() != latest.getPaused()) {
        mark(report.getPaused() ? PAUSED : RESUMED, report, time);
      }
      latest = report;
    } else { // of where the model is, and not of how it is doing
      latest = latest.toBuilder().setInput(report.getInput()).build();
    }
    latestTime = time;
    switch (report.getReason()) {
      case REASON_IMAGES, REASON_TIME -> window(report, time);
      default -> mark(kind(report), report, time);
    }
  }

  /**
   * Whether it tells again of what is known: at-least-once processing learns some of the input
   * again after a crash, and reports it again. A model that begins again tells of other input, or
   * of all of its life.
   */
  private boolean isRepeated(MetricsReport report) {
    InputPosition input = report.getInput();
    InputPosition known = latest.getInput();
    long images = report.getLifetime().getImages();
    boolean isBeginOfLife = images == report.getWindow().getImages();
    return report.hasLifetime()
        && report.getIncarnation() == latest.getIncarnation()
        && input.getTopic().equals(known.getTopic())
        && input.getPartition() == known.getPartition()
        && input.getOffset() <= known.getOffset()
        && (report.hasWindow()
            ? !isBeginOfLife && images <= lastWindowEnd()
            : images < latest.getLifetime().getImages());
  }

  private long lastWindowEnd() {
    return latestWindow == null ? 0 : latestWindow.getLifetime().getImages();
  }

  private void window(MetricsReport report, long time) {
    Score window = report.getWindow();
    latestWindow = report;
    curve.add(
        new Point(
            seen(),
            time,
            window.getImages(),
            window.getCorrect(),
            window.getMeanLoss() * window.getImages(),
            1));
  }

  private void mark(String kind, MetricsReport report, long time) {
    Mark last = marks.isEmpty() ? null : marks.get(marks.size() - 1);
    if (last != null && last.kind().equals(kind)) {
      marks.set(marks.size() - 1, last.again(time, report.getModelVersion()));
      return;
    }
    if (marks.size() == MAX_MARKS) {
      marks.remove(0);
    }
    marks.add(
        new Mark(
            kind, seen(), time, report.getModelVersion(), 1, report.getAdoption().getReason()));
  }

  /** Also of a reason that a later version has. */
  private static String kind(MetricsReport report) {
    String name =
        report.getReason() == MetricsReport.Reason.UNRECOGNIZED
            ? "REASON_" + report.getReasonValue()
            : report.getReason().name();
    return name.substring(REASON.length()).toLowerCase(Locale.ROOT);
  }

  String model() {
    return model;
  }

  Curve curve() {
    return curve;
  }

  List<Mark> marks() {
    return marks;
  }

  /** The latest report that tells how the model is doing; of zeros if there was none. */
  MetricsReport latest() {
    return latest;
  }

  /** The latest report with a window; null if there was none. */
  @Nullable MetricsReport latestWindow() {
    return latestWindow;
  }

  /** The time of the latest report, milliseconds since 1970. */
  long latestTime() {
    return latestTime;
  }

  /** Images that the model has been scored on, in all its lives. */
  long seen() {
    return earlierLives + latest.getLifetime().getImages();
  }

  /** Changes with every report. */
  long revision() {
    return revision;
  }
}
