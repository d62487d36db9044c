package io.streamgrad.cli;

import io.streamgrad.v1.Drift;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.Takeover;
import io.streamgrad.wire.MessageReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;

/**
 * What a model made of a stream that changes: how many of the images it predicted right, a few
 * thousand at a time, and when it was found to err more than before. One thread.
 */
final class DemoDrift {
  /** What a changing world is learned with, unless somebody says otherwise; README has it too. */
  static final Map<String, String> SETTINGS =
      Map.of(
          "model.drift.detector", "adwin",
          "model.drift.response", "challenger",
          "model.drift.archive", "2",
          "model.replay.images", "10000",
          "model.replay.per-batch", "4",
          "model.replay.shift", "1",
          "model.replay.policy", "balanced");

  private static final int IMAGES_A_LINE = 2500;

  private final MessageReader<MetricsReport> reports =
      new MessageReader<>(MetricsReport.getDefaultInstance());
  private final String topic;
  private final String model;
  private final List<long[]> lines = new ArrayList<>(); // {images, correct} of each
  private final Map<Long, Integer> images = new TreeMap<>(); // after a batch, by its offset
  private final List<MetricsReport> found = new ArrayList<>();
  private int seen;

  /** One of a model that reports to this topic. */
  DemoDrift(String topic, String model) {
    this.topic = topic;
    this.model = model;
  }

  /** A batch was predicted, so many of it right, in the order of batches. */
  void add(long batch, int count, int correct) {
    if (seen / IMAGES_A_LINE == lines.size()) {
      lines.add(new long[2]);
    }
    long[] line = lines.get(lines.size() - 1);
    line[0] += count;
    line[1] += correct;
    seen += count;
    images.put(batch, seen);
  }

  /** Takes a record, if it is of the topic; returns whether it is. */
  boolean take(ConsumerRecord<byte[], byte[]> record) {
    if (!record.topic().equals(topic)) {
      return false;
    }
    try {
      MetricsReport report = reports.deserialize(topic, record.headers(), record.value());
      if (report.getModel().equals(model) && (report.hasDrift() || report.hasTakeover())) {
        found.add(report);
      }
    } catch (SerializationException e) {
      // not the service's
    }
    return true;
  }

  /** All of it, for a person to read. */
  String figures() {
    StringBuilder text = new StringBuilder("\n  images   predicted right\n");
    int next = 0;
    int until = 0;
    for (long[] line : lines) {
      until += (int) line[0];
      while (next < found.size() && image(found.get(next)) <= until) {
        text.append(event(found.get(next++)));
      }
      text.append(String.format(Locale.ROOT, "%,8d   %.2f%%%n", until, 100.0 * line[1] / line[0]));
    }
    return text.toString();
  }

  /** The image behind which it was found; none for one of a batch of somebody else. */
  private int image(MetricsReport report) {
    return images.getOrDefault(report.getInput().getOffset(), 0);
  }

  private String event(MetricsReport report) {
    if (report.hasTakeover()) {
      Takeover takeover = report.getTakeover();
      return String.format(
          Locale.ROOT,
          "           image %,d: a challenger has taken over, %,d of %,d images wrong and the model"
              + " %,d%n",
          image(report),
          takeover.getChallengerErrors(),
          takeover.getImages(),
          takeover.getErrors());
    }
    Drift drift = report.getDrift();
    return String.format(
        Locale.ROOT,
        "           image %,d: errs more, %.0f%% of the last %,d images and %.0f%% of %,d before;"
            + " %,d kept images forgotten%s%s%n",
        image(report),
        100 * drift.getErrorSince(),
        drift.getImagesSince(),
        100 * drift.getErrorBefore(),
        drift.getImagesBefore(),
        drift.getImagesForgotten(),
        drift.getAverageRestarted() ? ", average begun anew" : "",
        drift.getChallengerFromArchive() ? ", an earlier model competes" : "");
  }
}
