package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.v1.Drift;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.Takeover;
import io.streamgrad.wire.ContentType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoDriftTest {
  @TempDir private Path directory;

  @Test
  void whatWasFoundStandsAmongTheFiguresOfItsImages() {
    DemoDrift drift = new DemoDrift("metrics", "mnist");
    for (int batch = 0; batch < 50; batch++) {
      drift.add(10 + batch, 100, batch < 25 ? 90 : 50);
    }
    assertThat(drift.take(report("predictions", "mnist", 35))).isFalse();
    assertThat(drift.take(report("metrics", "other", 35))).isTrue();
    assertThat(drift.take(report("metrics", "mnist", 35))).isTrue();
    assertThat(drift.take(takeover(39))).isTrue();

    assertThat(drift.figures().lines())
        .containsExactly(
            "",
            "  images   predicted right",
            "   2,500   90.00%",
            "           image 2,600: errs more, 50% of the last 32 images and 10% of 2,000 before;"
                + " 700 kept images forgotten, average begun anew, an earlier model"
                + " competes",
            "           image 3,000: a challenger has taken over, 31 of 64 images wrong and the"
                + " model 60",
            "   5,000   50.00%");
  }

  /** The block of README for a changing world is what the demo learns with. */
  @Test
  void theRecommendedConfigurationIsTheDemos() throws IOException {
    Matcher block =
        Pattern.compile("(?s)## When the world changes.*?```yaml\\n(.*?)```")
            .matcher(Files.readString(Path.of("README.md")));
    assertThat(block.find()).isTrue();
    Path file = Files.writeString(directory.resolve("world.yaml"), block.group(1));

    ModelSpec recommended = ConfigLoader.load(file, Map.of(), Map.of()).model();

    assertThat(recommended)
        .isEqualTo(ConfigLoader.load(null, Map.of(), DemoDrift.SETTINGS).model());
  }

  private static ConsumerRecord<byte[], byte[]> takeover(long offset) {
    return record(
        "metrics",
        MetricsReport.newBuilder()
            .setModel("mnist")
            .setReason(MetricsReport.Reason.REASON_TAKEOVER)
            .setInput(InputPosition.newBuilder().setOffset(offset))
            .setTakeover(
                Takeover.newBuilder().setImages(64).setErrors(60).setChallengerErrors(31)));
  }

  private static ConsumerRecord<byte[], byte[]> report(String topic, String model, long offset) {
    return record(
        topic,
        MetricsReport.newBuilder()
            .setModel(model)
            .setReason(MetricsReport.Reason.REASON_DRIFT)
            .setInput(InputPosition.newBuilder().setOffset(offset))
            .setDrift(
                Drift.newBuilder()
                    .setImagesBefore(2000)
                    .setErrorBefore(0.1)
                    .setImagesSince(32)
                    .setErrorSince(0.5)
                    .setImagesForgotten(700)
                    .setAverageRestarted(true)
                    .setChallengerFromArchive(true)));
  }

  private static ConsumerRecord<byte[], byte[]> record(String topic, MetricsReport.Builder report) {
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>(topic, 0, 0, new byte[0], report.build().toByteArray());
    ContentType.PROTOBUF.mark(record.headers());
    return record;
  }
}
