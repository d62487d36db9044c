package io.streamgrad.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.streamgrad.config.HttpConfig;
import io.streamgrad.config.KafkaSettings;
import io.streamgrad.config.LabelsConfig;
import io.streamgrad.config.MetricsConfig;
import io.streamgrad.config.ModelsConfig;
import io.streamgrad.config.OutputsConfig;
import io.streamgrad.config.Partitioner;
import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ReportsConfig;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.SnapshotsConfig;
import io.streamgrad.config.TopicsConfig;
import io.streamgrad.model.LearningRateSpec;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.OptimizerSpec;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DefaultsTest {

  @Test
  void givenNothingWhenLoadedThenEveryDefaultHolds() {
    ModelSpec model =
        new ModelSpec(
            List.of(784, 10, 10),
            18,
            1024,
            ModelSpec.InputScaling.AUTO,
            0.999,
            10,
            new LearningRateSpec(LearningRateSpec.Schedule.CONSTANT, 0.1, 0, 10000, 0.5),
            new OptimizerSpec(OptimizerSpec.Type.SGD, 0.9, 0.9, 0.999, 1e-8, 0, 0));
    assertThat(Configs.load())
        .isEqualTo(
            new ServiceConfig(
                "streamgrad",
                ProcessingGuarantee.EXACTLY_ONCE_V2,
                Path.of("streamgrad-state"),
                Duration.ofMillis(50),
                Duration.ofSeconds(10),
                new KafkaSettings(Map.of("bootstrap.servers", "localhost:9092")),
                new TopicsConfig(
                    "streamgrad.images",
                    "streamgrad.predictions",
                    "streamgrad.metrics",
                    "streamgrad.dead-letters",
                    "streamgrad.snapshots",
                    "",
                    "",
                    "streamgrad.applied",
                    false,
                    1,
                    (short) -1),
                new OutputsConfig(OutputsConfig.Format.PROTOBUF, false, false),
                new ReportsConfig(1000, Duration.ofSeconds(5)),
                new SnapshotsConfig(0),
                new LabelsConfig(100_000, Duration.ofHours(24), 64 << 20),
                new MetricsConfig(500, 20),
                new HttpConfig("0.0.0.0", 8080, 8081, "", Path.of(""), Path.of(""), Path.of("")),
                "default",
                model,
                new ModelsConfig(Partitioner.MURMUR2, List.of("*"), 10_000, Map.of())));
  }

  @Test
  void givenTheDefaultsFileThenItHasExactlyTheKeysOfTheRecords() {
    List<String> ofRecords = new ArrayList<>();
    addComponents(ServiceConfig.class, "", ofRecords);
    List<String> ofFile = new ArrayList<>();
    addKeys(ConfigLoader.defaults(), "", ofFile);

    assertThat(new TreeSet<>(ofFile)).isEqualTo(new TreeSet<>(ofRecords)).hasSizeGreaterThan(30);
  }

  @Test
  void givenTheDefaultsFileThenEveryKeyHasAComment() throws IOException {
    List<String> lines;
    try (InputStream in = DefaultsTest.class.getResourceAsStream("/streamgrad-defaults.yaml")) {
      lines =
          new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .toList();
    }
    List<String> bare = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      boolean isKey = !lines.get(i).isBlank() && !lines.get(i).trim().startsWith("#");
      if (isKey && !lines.get(i - 1).trim().startsWith("#")) {
        bare.add(lines.get(i));
      }
    }
    assertThat(bare).isEmpty();
  }

  private static void addComponents(Class<?> type, String prefix, List<String> keys) {
    for (RecordComponent component : type.getRecordComponents()) {
      String key = prefix + new KebabCase().translate(component.getName());
      if (component.getType() == KafkaSettings.class) {
        keys.add(key + ".bootstrap.servers");
      } else if (component.getType().isRecord()) {
        addComponents(component.getType(), key + ".", keys);
      } else if (component.getType() != Map.class) { // which has names for keys
        keys.add(key);
      }
    }
  }

  private static void addKeys(ObjectNode group, String prefix, List<String> keys) {
    for (Map.Entry<String, JsonNode> field : group.properties()) {
      String key = prefix + field.getKey();
      if (field.getValue() instanceof ObjectNode subgroup && !subgroup.isEmpty()) {
        addKeys(subgroup, key + ".", keys);
      } else {
        keys.add(key);
      }
    }
  }
}
