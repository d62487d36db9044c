package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.streams.runtime.StreamsService;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The manifests in k8s, against the schema of Kubernetes' API. */
class KubernetesTest {
  private static final YAMLMapper YAML = new YAMLMapper();
  // Of operators whose schemas are not here.
  private static final Set<String> CUSTOM =
      Set.of("KafkaTopic", "KafkaUser", "PodMonitor", "ScaledObject", "TriggerAuthentication");

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
        documents(Files.readString(manifest)).forEach(KubernetesTest::validate);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "overlays/dev", "overlays/prod", "overlays/prod/kafka"})
  void everyOverlayBuildsAndFollowsTheSchema(String overlay) throws Exception {
    List<JsonNode> documents = build(overlay);

    assertThat(documents).isNotEmpty();
    documents.forEach(KubernetesTest::validate);
    documents.stream()
        .filter(document -> document.get("kind").asText().equals("StatefulSet"))
        .forEach(set -> restricted(set.at("/spec/template/spec")));
  }

  @Test
  void thePodFollowsTheRestrictedProfileAndHasTimeToStop() throws IOException {
    JsonNode pod = pod();

    restricted(pod);
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
    return documents(Files.readString(Path.of("k8s", "base", "statefulset.yaml")))
        .get(0)
        .at("/spec/template/spec");
  }

  /** Of the Pod Security Standards. */
  private static void restricted(JsonNode pod) {
    assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
    assertThat(pod.at("/securityContext/runAsUser").asInt()).isEqualTo(10001);
    assertThat(pod.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
    assertThat(fields(pod)).doesNotContain("hostNetwork", "hostPID", "hostIPC");
    for (JsonNode container : pod.get("containers")) {
      JsonNode context = container.get("securityContext");
      assertThat(context.get("allowPrivilegeEscalation").asBoolean(true)).isFalse();
      assertThat(context.get("readOnlyRootFilesystem").asBoolean()).isTrue();
      assertThat(context.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
      assertThat(container.get("ports")).noneMatch(port -> port.has("hostPort"));
    }
    for (JsonNode volume : pod.get("volumes")) {
      assertThat(fields(volume)).isSubsetOf("name", "configMap", "emptyDir", "projected", "secret");
    }
  }

  @Test
  void noTrafficIsAllowedButScrapesNamesAndKafka() throws IOException {
    JsonNode policy =
        documents(Files.readString(Path.of("k8s", "base", "networkpolicy.yaml")))
            .get(0)
            .get("spec");

    assertThat(policy.get("policyTypes").valueStream().map(JsonNode::asText))
        .containsExactly("Ingress", "Egress");
    assertThat(policy.at("/ingress").findValuesAsText("port")).containsExactly("http");
    assertThat(policy.at("/egress").findValuesAsText("port"))
        .containsExactly("53", "53", "9092", "9093");
    for (JsonNode rule : policy.get("ingress")) {
      assertThat(rule.get("from")).isNotEmpty();
    }
    for (JsonNode rule : policy.get("egress")) {
      assertThat(rule.get("to")).isNotEmpty();
    }
  }

  @Test
  void anUnknownFieldAndAMissingOneAreFound() throws IOException {
    ObjectNode service =
        (ObjectNode) documents(Files.readString(Path.of("k8s", "base", "service.yaml"))).get(0);
    ((ObjectNode) service.get("spec")).put("clusterIp", "None");
    ObjectNode set =
        (ObjectNode) documents(Files.readString(Path.of("k8s", "base", "statefulset.yaml"))).get(0);
    ((ObjectNode) set.get("spec")).remove("selector");

    assertThatThrownBy(() -> validate(service)).hasMessageContaining("clusterIp");
    assertThatThrownBy(() -> validate(set)).hasMessageContaining("selector");
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "overlays/dev", "overlays/prod"})
  void theServiceTakesTheConfiguration(String overlay) {
    Path file = Path.of("k8s", overlay, "streamgrad.yaml");

    assertThatCode(() -> ConfigLoader.load(file, Map.of(), Map.of())).doesNotThrowAnyException();
  }

  @Test
  void productionHasAnInstanceForEveryPartitionAtMost() throws IOException {
    int partitions =
        documents(Files.readString(Path.of("k8s", "overlays", "prod", "kafka", "topics.yaml")))
            .get(0)
            .at("/spec/partitions")
            .asInt();
    JsonNode scaling =
        documents(Files.readString(Path.of("k8s", "overlays", "prod", "scaledobject.yaml"))).get(0);

    assertThat(scaling.at("/spec/maxReplicaCount").asInt()).isEqualTo(partitions);
  }

  @Test
  void theKafkaUserMayDoWhatReadmeListsAndNoMore() throws IOException {
    JsonNode user =
        documents(Files.readString(Path.of("k8s", "overlays", "prod", "kafka", "user.yaml")))
            .get(0);
    Set<String> granted =
        user.at("/spec/authorization/acls")
            .valueStream()
            .flatMap(
                acl ->
                    acl.get("operations")
                        .valueStream()
                        .map(op -> acl.at("/resource/name").asText() + " " + op.asText()))
            .collect(Collectors.toSet());

    assertThat(granted).isEqualTo(readmeRights());
  }

  /** Of README's first list: "resource operation" for each. */
  private static Set<String> readmeRights() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    String list = readme.substring(readme.indexOf("allow --topic"));
    return Pattern.compile("^allow --\\S+ (\\S+)(.*)$", Pattern.MULTILINE)
        .matcher(list.substring(0, list.indexOf("```")))
        .results()
        .flatMap(
            line ->
                Pattern.compile("--operation (\\S+)")
                    .matcher(line.group(2))
                    .results()
                    .map(operation -> line.group(1) + " " + operation.group(1)))
        .collect(Collectors.toSet());
  }

  private static List<String> fields(JsonNode node) {
    return node.propertyStream().map(Map.Entry::getKey).toList();
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  private static List<JsonNode> documents(String yaml) throws IOException {
    return YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml).readAll();
  }

  private static void validate(JsonNode document) {
    JsonElement element = JsonParser.parseString(document.toString());
    try {
      switch (document.get("kind").asText()) {
        case "ConfigMap" -> V1ConfigMap.validateJsonElement(element);
        case "Namespace" -> V1Namespace.validateJsonElement(element);
        case "NetworkPolicy" -> V1NetworkPolicy.validateJsonElement(element);
        case "PodDisruptionBudget" -> V1PodDisruptionBudget.validateJsonElement(element);
        case "Service" -> V1Service.validateJsonElement(element);
        case "ServiceAccount" -> V1ServiceAccount.validateJsonElement(element);
        case "StatefulSet" -> V1StatefulSet.validateJsonElement(element);
        default -> assertThat(CUSTOM).contains(document.get("kind").asText());
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private List<JsonNode> build(String overlay) throws Exception {
    Path built = directory.resolve("built.yaml");
    Path errors = directory.resolve("errors.txt");
    int exit;
    try {
      Process process =
          new ProcessBuilder("kubectl", "kustomize", "k8s/" + overlay)
              .redirectOutput(built.toFile())
              .redirectError(errors.toFile())
              .start();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      exit = process.exitValue();
    } catch (IOException e) {
      exit = 127;
      Files.writeString(errors, e.toString());
    }
    assumeTrue(exit != 127, "kubectl is not installed");
    assertThat(exit).as(Files.readString(errors, StandardCharsets.UTF_8)).isZero();
    return documents(Files.readString(built));
  }
}
