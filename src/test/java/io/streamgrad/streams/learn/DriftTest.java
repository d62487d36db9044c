package io.streamgrad.streams.learn;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Challenger;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.Command.Kind;
import io.streamgrad.v1.Drift;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.MetricsReport.Reason;
import io.streamgrad.v1.Takeover;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A model that errs more than it did, in the topology. */
class DriftTest {
  private static final ImageBatch BEFORE = batch(0, 1, 2);
  private static final ImageBatch AFTER = batch(1, 2, 0);
  private static final int CHANGE = 400; // batches
  private static final int NOTICED = 60; // batches later, at the latest

  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = "DETECTOR_[A-T].*")
  void labelsThatChangeAreReportedWithWhatWasComparedAndCounted(Drift.Detector detector) {
    try (TopologyRun run = new TopologyRun(directory, settings(detector))) {
      List<MetricsReport> found = drifts(run);

      assertThat(found).hasSize(1);
      MetricsReport report = found.get(0);
      assertThat(report.getInput().getOffset()).isBetween((long) CHANGE, (long) CHANGE + NOTICED);
      assertThat(report.hasWindow()).isFalse();
      Drift drift = report.getDrift();
      assertThat(drift.getDetector()).isEqualTo(detector);
      assertThat(drift.getErrorSince()).isGreaterThan(drift.getErrorBefore() + 0.1);
      assertThat(drift.getImagesSince()).isBetween(1L, 3L * (CHANGE + NOTICED));
      assertThat(run.metrics().scrape())
          .contains("streamgrad_all_drifts_total 1.0")
          .contains("streamgrad_drifts_total{model=\"a\"} 1.0");
    }
  }

  @Test
  void whatCameOfItIsReported() {
    Map<String, String> settings = new HashMap<>(settings(Drift.Detector.DETECTOR_TWO_AVERAGES));
    settings.put("model.averaging", "0.9");
    settings.put("model.drift.response", "restart-average");
    settings.put("model.replay.images", "500");
    try (TopologyRun run = new TopologyRun(directory, settings)) {
      List<MetricsReport> found = drifts(run);

      assertThat(found).hasSize(1);
      assertThat(found.get(0).getDrift().getImagesForgotten()).isEqualTo(500);
      assertThat(found.get(0).getDrift().getAverageRestarted()).isTrue();
      assertThat(run.model("a").state().averageSince())
          .isEqualTo(found.get(0).getInput().getOffset() + 1);
    }
  }

  @Test
  void aChallengerThatTakesOverIsReportedWithWhatWasComparedAndCounted() {
    Map<String, String> settings = new HashMap<>(settings(Drift.Detector.DETECTOR_TWO_AVERAGES));
    settings.put("model.averaging", "0.9");
    settings.put("model.drift.response", "challenger");
    try (TopologyRun run = new TopologyRun(directory, settings)) {
      send(run);
      List<MetricsReport> reports = run.reports();
      MetricsReport found = only(reports, Reason.REASON_DRIFT);
      MetricsReport tookOver = only(reports, Reason.REASON_TAKEOVER);

      assertThat(found.getDrift().getChallengerBegun()).isTrue();
      assertThat(found.getDrift().getAverageRestarted()).isTrue();
      assertThat(tookOver.getInput().getOffset()).isGreaterThan(found.getInput().getOffset());
      assertThat(tookOver.hasWindow()).isFalse();
      Takeover compared = tookOver.getTakeover();
      assertThat(compared.getImages()).isGreaterThanOrEqualTo(64);
      assertThat(compared.getErrors()).isGreaterThan(compared.getChallengerErrors() + 9);
      assertThat(run.metrics().scrape())
          .contains("streamgrad_takeovers_total{response=\"challenger\"} 1.0")
          .contains("streamgrad_takeovers_total{response=\"restart-average\"} 1.0")
          .contains("streamgrad_all_drifts_total 1.0");
    }
  }

  /** Labels of batches that were predicted before a rollback: nothing of them is in the score. */
  @Test
  void aChallengerIsJudgedByLabelsOfAnEarlierIncarnationToo() {
    Map<String, String> settings = new HashMap<>(settings(Drift.Detector.DETECTOR_TWO_AVERAGES));
    settings.put("model.averaging", "0.9");
    settings.put("model.drift.response", "challenger");
    settings.put("topics.labels", "streamgrad.labels");
    settings.put("topics.commands", "streamgrad.commands");
    ImageBatch many = repeated(BEFORE, 20); // 60 images
    try (TopologyRun run = new TopologyRun(directory, settings)) {
      for (int i = 0; i < 90; i++) {
        run.send("a", many.toBuilder().clearLabels().setBatchId("id-" + i).build());
      }
      send(run, CHANGE, BEFORE);
      for (int i = 0; i < NOTICED && challenger(run) == null; i++) {
        run.send("a", AFTER);
      }
      run.send("a", Command.newBuilder().setId("x").setKind(Kind.SNAPSHOT).setTag("t").build());
      run.send("a", Command.newBuilder().setId("y").setKind(Kind.ROLLBACK).setTag("t").build());
      assertThat(challenger(run)).isNotNull();
      for (int i = 0; i < 90; i++) {
        LabelBatch labels =
            LabelBatch.newBuilder().setBatchId("id-" + i).setLabels(many.getLabels()).build();
        run.send("a", labels, 0);
      }

      assertThat(run.applied())
          .filteredOn(Applied::hasLabels)
          .hasSize(90)
          .allMatch(applied -> applied.getOutcome() == Applied.Outcome.LEARNED);
      byte[] stored = ModelCodec.encode(run.model("a"));
      assertThat(ModelCodec.encode(ModelCodec.decode(stored))).isEqualTo(stored);
      assertThat(challenger(run)).as("compared on more images than it may be").isNull();
    }
  }

  @Test
  void anEarlierModelThatCompetesIsReported() {
    Map<String, String> settings = new HashMap<>(settings(Drift.Detector.DETECTOR_ADWIN));
    settings.put("model.averaging", "0.99");
    settings.put("model.drift.response", "challenger");
    settings.put("model.drift.archive", "1");
    try (TopologyRun run = new TopologyRun(directory, settings)) {
      for (int i = 0; i < 3 * CHANGE; i++) {
        run.send("a", i / CHANGE == 1 ? AFTER : BEFORE);
      }

      assertThat(run.reports().stream().filter(MetricsReport::hasDrift))
          .extracting(report -> report.getDrift().getChallengerFromArchive())
          .containsExactly(false, true);
      assertThat(run.model("a").state().drift().archive().models()).hasSize(1);
    }
  }

  @Test
  void withoutADetectorNothingIsReportedAndNothingStored() {
    try (TopologyRun run = new TopologyRun(directory, settings(Drift.Detector.DETECTOR_ADWIN));
        TopologyRun plain = new TopologyRun(directory.resolve("plain"), Map.of())) {
      plain.send("a", BEFORE);
      run.send("a", BEFORE);

      assertThat(drifts(plain)).isEmpty();
      assertThat(plain.model("a").state().drift().detector()).isNull();
      assertThat(run.model("a").state().drift().detector()).isNotNull();
      assertThat(new String(ModelCodec.encode(plain.model("a")), ISO_8859_1))
          .doesNotContain("DRIF");
    }
  }

  private static List<MetricsReport> drifts(TopologyRun run) {
    send(run);
    return run.reports().stream().filter(r -> r.getReason() == Reason.REASON_DRIFT).toList();
  }

  private static MetricsReport only(List<MetricsReport> reports, Reason reason) {
    List<MetricsReport> all = reports.stream().filter(r -> r.getReason() == reason).toList();
    assertThat(all).as(reason.name()).hasSize(1);
    return all.get(0);
  }

  private static void send(TopologyRun run) {
    send(run, CHANGE, BEFORE);
    send(run, NOTICED, AFTER);
  }

  private static void send(TopologyRun run, int times, ImageBatch batch) {
    for (int i = 0; i < times; i++) {
      run.send("a", batch);
    }
  }

  private static @Nullable Challenger challenger(TopologyRun run) {
    return run.model("a").state().drift().challenger();
  }

  private static ImageBatch repeated(ImageBatch batch, int times) {
    ImageBatch.Builder all = batch.toBuilder();
    for (int i = 1; i < times; i++) {
      all.setPixels(all.getPixels().concat(batch.getPixels()));
      all.setLabels(all.getLabels().concat(batch.getLabels()));
    }
    return all.build();
  }

  private static Map<String, String> settings(Drift.Detector detector) {
    String name = detector.name().replace("DETECTOR_", "").replace('_', '-');
    return Map.of(
        "model.layers", "[4, 16, 3]",
        "model.averaging", "0",
        "model.learning-rate.initial", "0.05",
        "model.drift.detector", name.toLowerCase(Locale.ROOT));
  }

  private static ImageBatch batch(int... labels) {
    byte[] pixels = {-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, -1};
    byte[] bytes = new byte[labels.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) labels[i];
    }
    return ImageBatch.newBuilder()
        .setHeight(2)
        .setWidth(2)
        .setPixels(ByteString.copyFrom(pixels))
        .setLabels(ByteString.copyFrom(bytes))
        .build();
  }
}
