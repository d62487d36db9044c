package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.wire.ModelPartitions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Models that were stored by a service of before. Of three partitions "21" belongs to the first by
 * murmur2 and to the second by crc32, "a" to the second and the first, "b" to the last by both.
 */
class MisplacedModelsTest {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(3, 1);

  @TempDir private Path directory;

  @Test
  void eachIsNamedWithBothPartitionsAndTheRule() {
    assertThat(misplaced(0, Set.of("21", "a", "b")).warnings())
        .containsExactly(
            "model \"a\" is stored in partition 0, its model's name belongs to partition 1 by"
                + " models.partitioner: murmur2: it is left alone, and its records here become dead"
                + " letters",
            "model \"b\" is stored in partition 0, its model's name belongs to partition 2 by"
                + " models.partitioner: murmur2: it is left alone, and its records here become dead"
                + " letters",
            "docs/OPERATIONS.md says under \"One name, one model\" what can be done about it");
  }

  @Test
  void theOtherRuleIsNamedWhereItExplainsAllOfThem() {
    assertThat(misplaced(0, Set.of("a", "c")).warnings())
        .last()
        .isEqualTo(
            "every model stored in partition 0 belongs there by crc32: if the producers choose"
                + " partitions so, models.partitioner: crc32 is right");
  }

  @Test
  void nothingIsSaidWhereAllLiveHere() {
    assertThat(misplaced(0, Set.of("21")).warnings()).isEmpty();
    assertThat(misplaced(0, Set.of()).warnings()).isEmpty();
  }

  @Test
  void ofManyTheFirstAreNamed() {
    Set<String> names = IntStream.range(0, 1000).mapToObj(i -> "m" + i).collect(Collectors.toSet());
    MisplacedModels misplaced = misplaced(0, names);

    assertThat(misplaced.warnings()).hasSize(22);
    assertThat(misplaced.warnings().get(20))
        .isEqualTo(
            "%d more models are stored in partition 0 like these"
                .formatted(1000 - misplaced.others().size() - 20));
  }

  @Test
  void theServiceGoesOnWithoutThemAndTheirMetersAreTheOtherPartitions() {
    Map<String, String> three =
        Map.of("topics.partitions", "3", "reports.every-images", "1", "reports.every", "1h");
    try (TopologyRun before = new TopologyRun(directory, Map.of("reports.every-images", "1"))) {
      before.send("a", BATCHES.get(0));
      before.send("21", BATCHES.get(0));
      byte[] stored = ModelCodec.encode(before.model("a"));

      try (ServiceMetrics metrics = before.metrics()) {
        LearnStep here = new LearnStep(TopologyRun.config(directory, three), metrics);
        assertThat(metrics.scrape()).contains("streamgrad_model_version{model=\"a\"} 1.0");

        MisplacedModels misplaced = misplaced(0, before.weights().names());
        here.init(before.weights(), new PendingImages(before.config(), 0, null));
        for (String name : misplaced.others()) {
          here.begin(name, before.model(name));
        }
        here.close();

        assertThat(misplaced.others()).containsExactly("21");
        assertThat(metrics.scrape())
            .contains("streamgrad_model_version{model=\"a\"} 1.0")
            .doesNotContain("model=\"21\"");
        assertThat(ModelCodec.encode(before.model("a"))).isEqualTo(stored);
      }
    }
  }

  private MisplacedModels misplaced(int partition, Set<String> stored) {
    return new MisplacedModels(
        new ModelPartitions(TopologyRun.config(directory, Map.of()), 3), partition, stored);
  }
}
