package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.streamgrad.config.load.ConfigLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The overlay dev: nothing outside of it is needed, but an image that was built and loaded. */
class DevelopmentTest {
  @TempDir private Path directory;
  private List<JsonNode> documents;

  @BeforeEach
  void build() throws Exception {
    documents = Manifests.build(directory, Path.of("k8s", "overlays", "dev"));
  }

  private JsonNode pod(String name) {
    return Manifests.named(name, "StatefulSet", documents).at("/spec/template/spec");
  }

  @Test
  void theKafkaThatTheServiceAsksIsTheOverlaysOwn() {
    JsonNode kafka = Manifests.named("kafka", "Service", documents);
    String address =
        kafka.at("/metadata/name").asText() + ":" + kafka.at("/spec/ports/0/port").asText();

    assertThat(
            ConfigLoader.load(
                    Path.of("k8s", "overlays", "dev", "streamgrad.yaml"), Map.of(), Map.of())
                .kafka()
                .values())
        .containsEntry("bootstrap.servers", address);
    assertThat(environment("KAFKA_ADVERTISED_LISTENERS")).isEqualTo("PLAINTEXT://" + address);
    assertThat(Manifests.of("Service", documents))
        .allSatisfy(
            service ->
                assertThat(service.at("/metadata/namespace").asText()).isEqualTo("streamgrad-dev"));
  }

  private String environment(String name) {
    for (JsonNode variable : pod("kafka").at("/containers/0/env")) {
      if (variable.get("name").asText().equals(name)) {
        return variable.get("value").asText();
      }
    }
    return "";
  }

  /** The name of its service would be one: KAFKA_PORT=tcp://... */
  @Test
  void noVariableOfKubernetesBecomesASettingOfKafkas() {
    assertThat(pod("kafka").get("enableServiceLinks").asBoolean(true)).isFalse();
  }

  @Test
  void theServiceMayReachThisKafkaAndNothingElseButNames() {
    JsonNode policy = Manifests.named("streamgrad", "NetworkPolicy", documents).get("spec");
    JsonNode labels =
        Manifests.named("kafka", "StatefulSet", documents).at("/spec/template/metadata/labels");

    assertThat(policy.at("/egress").findValuesAsText("port")).containsExactly("53", "53", "9092");
    assertThat(policy.at("/egress/1/to/0/podSelector/matchLabels")).isEqualTo(labels);
    assertThat(policy.at("/podSelector/matchLabels")).isNotEqualTo(labels);
  }

  /** kind load brings it to the nodes: with the tag latest, Kubernetes would ask a registry. */
  @Test
  void theImageIsTheOneThatWasBuiltAndLoaded() {
    JsonNode container = pod("streamgrad").at("/containers/0");

    assertThat(container.get("image").asText()).isEqualTo("streamgrad:latest");
    assertThat(container.get("imagePullPolicy").asText()).isEqualTo("Never");
  }

  @Test
  void kafkaIsThatOfCompose() throws Exception {
    JsonNode compose = new YAMLMapper().readTree(Path.of("docker-compose.yml").toFile());

    assertThat(pod("kafka").at("/containers/0/image"))
        .isEqualTo(compose.at("/services/kafka/image"));
  }
}
