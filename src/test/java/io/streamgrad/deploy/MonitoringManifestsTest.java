package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Dashboards and rules as Kubernetes gets them: the same that compose has. */
class MonitoringManifestsTest {
  private static final Path GRAFANA = Path.of("grafana");

  @TempDir private Path directory;

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void theRulesForKubernetesAreThoseOfPrometheus() throws IOException, InterruptedException {
    Process script = new ProcessBuilder("grafana/prometheusrule").start();
    String printed = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(script.waitFor()).isZero();
    assertThat(GRAFANA.resolve("prometheusrule.yaml"))
        .as("run grafana/prometheusrule > grafana/prometheusrule.yaml")
        .hasContent(printed);
    assertThat(Manifests.documents(printed).get(0).at("/spec/groups"))
        .isEqualTo(new YAMLMapper().readTree(Dashboards.RULES.toFile()).get("groups"));
  }

  @Test
  void productionHasTheDashboardsAndTheRules() throws Exception {
    List<JsonNode> documents = Manifests.build(directory, Path.of("k8s", "overlays", "prod"));
    List<JsonNode> dashboards = new ArrayList<>();
    for (JsonNode map : Manifests.of("ConfigMap", documents)) {
      if (map.at("/metadata/labels").has("grafana_dashboard")) {
        assertThat(map.get("data").size()).isEqualTo(1);
        // kubectl apply keeps a copy in an annotation, for which there are 256 KiB.
        assertThat(map.toString().length()).isLessThan(200_000);
        dashboards.add(new ObjectMapper().readTree(map.get("data").elements().next().asText()));
      }
    }

    assertThat(dashboards).containsExactlyInAnyOrderElementsOf(Dashboards.all());
    assertThat(Manifests.of("PrometheusRule", documents)).hasSize(1);
    try (var files = Files.list(Dashboards.DIRECTORY)) {
      assertThat(files).hasSameSizeAs(dashboards);
    }
  }
}
