package io.streamgrad.streams.learn;

import io.streamgrad.config.ReportsConfig;
import io.streamgrad.model.DriftEvent;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.Takeover;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.v1.MetricsReport;
import org.jspecify.annotations.Nullable;

/**
 * The stretch of the stream that a metrics report covers, by the records' own time stamps: no clock
 * is read, so the same log gives the same reports.
 *
 * @param start time stamp the window began at, milliseconds
 * @param now time stamp of the batch just scored
 * @param images labeled images in the window, that batch included
 */
record ReportWindow(long start, long now, long images) {
  /** In times of the configured interval; batches that are late by less are nothing unusual. */
  private static final int MAX_START_AHEAD = 10;

  /**
   * A window that began at {@code start}; or begins now where that is negative, or so far ahead
   * that the batch that gave it had a wrong time stamp: no report would come until the stream has
   * caught up with it.
   */
  static ReportWindow of(long start, long now, long images, ReportsConfig config) {
    boolean none = start < 0 || (start - now) / MAX_START_AHEAD > config.every().toMillis();
    return new ReportWindow(none ? now : start, now, images);
  }

  /** Why a report is due now; unspecified if none is. */
  MetricsReport.Reason due(
      UpdateOutcome outcome, @Nullable DriftEvent drift, ReportsConfig config) {
    if (drift != null) {
      return drift instanceof Takeover
          ? MetricsReport.Reason.REASON_TAKEOVER
          : MetricsReport.Reason.REASON_DRIFT;
    }
    return switch (outcome) {
      case SKIPPED -> MetricsReport.Reason.REASON_UPDATE_SKIPPED;
      case DIVERGED -> MetricsReport.Reason.REASON_DIVERGED;
      case UPDATED, WAITING, IGNORED -> {
        if (images >= config.everyImages()) {
          yield MetricsReport.Reason.REASON_IMAGES;
        }
        yield now - start >= config.every().toMillis()
            ? MetricsReport.Reason.REASON_TIME
            : MetricsReport.Reason.REASON_UNSPECIFIED;
      }
    };
  }

  /**
   * Whether a report for this reason ends the window, and so tells of it. Events come in between,
   * and do not: the window's images are told of once.
   */
  static boolean endsWith(MetricsReport.Reason reason) {
    return reason == MetricsReport.Reason.REASON_IMAGES
        || reason == MetricsReport.Reason.REASON_TIME;
  }

  /** The window that begins where this one ends. */
  ReportWindow next() {
    return new ReportWindow(now, now, 0);
  }

  /** Whether it holds no batch yet. */
  boolean isNew() {
    return images == 0;
  }

  /** What a report says of it. */
  ModelStatus.Window of(ModelState state) {
    double imagesPerSecond = now > start ? images * 1000.0 / (now - start) : 0;
    return new ModelStatus.Window(state.window().snapshot(), imagesPerSecond);
  }
}
