package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.streams.runtime.StreamsService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The manifests in k8s, against the schema of Kubernetes' API. */
class KubernetesTest {
  @TempDir private Path directory;

  @Test
  void everyManifestOfTheBaseFollowsTheSchema() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("k8s", "base"))) {
      List<Path> manifests =
          files
              .filter(file -> !Set.of("kustomization.yaml", "streamgrad.yaml").contains(name(file)))
              .toList();
      assertThat(manifests).hasSize(5);
      for (Path manifest : manifests) {
        Manifests.documents(Files.readString(manifest)).forEach(Manifests::validate);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "grafana",
        "k8s/base",
        "k8s/overlays/dev",
        "k8s/overlays/prod",
        "k8s/overlays/prod/kafka"
      })
  void everyOverlayBuildsAndFollowsTheSchema(String overlay) throws Exception {
    List<JsonNode> documents = Manifests.build(directory, Path.of(overlay));

    assertThat(documents).isNotEmpty();
    documents.forEach(Manifests::validate);
    for (JsonNode set : Manifests.of("StatefulSet", documents)) {
      restricted(set.at("/spec/template/spec"));
    }
  }

  /** A volume that nothing writes to or reads from is a disk to pay, and to lose. */
  @ParameterizedTest
  @ValueSource(strings = {"dev", "prod"})
  void everyVolumeIsReadOrWritten(String overlay) throws Exception {
    List<JsonNode> documents = Manifests.build(directory, Path.of("k8s", "overlays", overlay));
    JsonNode set = Manifests.named("streamgrad", "StatefulSet", documents);
    List<String> read = new ArrayList<>();
    List<String> written = new ArrayList<>();
    for (JsonNode volume : set.at("/spec/template/spec/volumes")) {
      (volume.has("emptyDir") ? written : read).add(volume.get("name").asText());
    }

    assertThat(set.at("/spec/volumeClaimTemplates").isMissingNode()).isTrue();
    assertThat(written).containsExactlyInAnyOrder("state", "tmp");
    assertThat(read)
        .containsExactlyInAnyOrderElementsOf(
            overlay.equals("dev") ? List.of("config") : List.of("config", "kafka"));
    assertThat(set.at("/spec/template/spec/containers/0/volumeMounts").findValuesAsText("name"))
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(read.stream(), written.stream()).toList());
  }

  @Test
  void thePodFollowsTheRestrictedProfileAndHasTimeToStop() throws IOException {
    JsonNode pod = pod();

    restricted(pod);
    assertThat(pod.at("/securityContext/runAsUser").asInt()).isEqualTo(10001);
    assertThat(pod.at("/containers/0/securityContext/readOnlyRootFilesystem").asBoolean()).isTrue();
    assertThat(pod.get("terminationGracePeriodSeconds").asLong())
        .isEqualTo(StreamsService.GRACE_PERIOD.toSeconds());
  }

  @Test
  void everyProbeAsksTheHealthPortThatTheServiceListensOn() throws IOException {
    JsonNode container = pod().at("/containers/0");
    ServiceConfig config = ConfigLoader.load(null, Map.of(), Map.of());

    for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
      assertThat(container.at("/" + probe + "/httpGet/port").asText()).isEqualTo("health");
    }
    Map<String, Integer> ports =
        container
            .get("ports")
            .valueStream()
            .collect(
                Collectors.toMap(
                    port -> port.get("name").asText(), port -> port.get("containerPort").asInt()));
    assertThat(ports)
        .isEqualTo(Map.of("http", config.http().port(), "health", config.http().healthPort()));
  }

  private static JsonNode pod() throws IOException {
    return Manifests.read("base", "statefulset.yaml").get(0).at("/spec/template/spec");
  }

  /** Of the Pod Security Standards. */
  private static void restricted(JsonNode pod) {
    assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
    assertThat(pod.at("/securityContext/runAsUser").asInt()).isPositive();
    assertThat(pod.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
    assertThat(fields(pod)).doesNotContain("hostNetwork", "hostPID", "hostIPC");
    for (JsonNode container : pod.get("containers")) {
      JsonNode context = container.get("securityContext");
      assertThat(context.get("allowPrivilegeEscalation").asBoolean(true)).isFalse();
      assertThat(context.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
      assertThat(container.get("ports")).noneMatch(port -> port.has("hostPort"));
    }
    for (JsonNode volume : pod.get("volumes")) {
      assertThat(fields(volume)).isSubsetOf("name", "configMap", "emptyDir", "projected", "secret");
    }
  }

  @Test
  void noTrafficIsAllowedButScrapesClientsNamesAndKafka() throws IOException {
    JsonNode policy = Manifests.read("base", "networkpolicy.yaml").get(0).get("spec");

    assertThat(policy.get("policyTypes").valueStream().map(JsonNode::asText))
        .containsExactly("Ingress", "Egress");
    assertThat(policy.at("/ingress").findValuesAsText("port")).containsExactly("http");
    assertThat(policy.at("/egress").findValuesAsText("port"))
        .containsExactly("53", "53", "9092", "9093");
    for (JsonNode rule : policy.get("ingress")) {
      assertThat(rule.get("from"))
          .isNotEmpty()
          .allMatch(from -> !from.findPath("matchLabels").isEmpty(), "not everybody");
    }
    for (JsonNode rule : policy.get("egress")) {
      assertThat(rule.get("to")).isNotEmpty();
    }
  }

  @Test
  void anUnknownFieldAndAMissingOneAreFound() throws IOException {
    ObjectNode service = (ObjectNode) Manifests.read("base", "service.yaml").get(0);
    ((ObjectNode) service.get("spec")).put("clusterIp", "None");
    ObjectNode set = (ObjectNode) Manifests.read("base", "statefulset.yaml").get(0);
    ((ObjectNode) set.get("spec")).remove("selector");

    ObjectNode scaling =
        (ObjectNode) Manifests.read("overlays", "prod", "scaledobject.yaml").get(0);
    ((ObjectNode) scaling.at("/spec/triggers/0/metadata")).put("groupId", "streamgrad");

    assertThatThrownBy(() -> Manifests.validate(scaling)).hasMessageContaining("groupId");
    assertThatThrownBy(() -> Manifests.validate(service)).hasMessageContaining("clusterIp");
    assertThatThrownBy(() -> Manifests.validate(set)).hasMessageContaining("selector");
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "overlays/dev", "overlays/prod"})
  void theServiceTakesTheConfiguration(String overlay) {
    Path file = Path.of("k8s", overlay, "streamgrad.yaml");

    assertThatCode(() -> ConfigLoader.load(file, Map.of(), Map.of())).doesNotThrowAnyException();
  }

  private static List<String> fields(JsonNode node) {
    return node.propertyStream().map(Map.Entry::getKey).toList();
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }
}
