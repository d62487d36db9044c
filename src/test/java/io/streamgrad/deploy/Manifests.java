package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The manifests in k8s and grafana, as files and as kubectl builds them. */
final class Manifests {
  private static final YAMLMapper YAML = new YAMLMapper();

  private Manifests() {}

  /** The documents of a file below k8s. */
  static List<JsonNode> read(String... path) throws IOException {
    return documents(Files.readString(Path.of("k8s", path)));
  }

  /** What `kubectl apply -k` would apply; the test is skipped where there is no kubectl. */
  static List<JsonNode> build(Path work, Path kustomization) throws Exception {
    Path built = work.resolve("built.yaml");
    Path errors = work.resolve("errors.txt");
    try {
      Process process =
          new ProcessBuilder("kubectl", "kustomize", kustomization.toString())
              .redirectOutput(built.toFile())
              .redirectError(errors.toFile())
              .start();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
    } catch (IOException e) {
      assumeTrue(false, "kubectl is not installed");
    }
    return documents(Files.readString(built));
  }

  static List<JsonNode> documents(String yaml) throws IOException {
    return YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml).readAll();
  }

  /** Those of a kind. */
  static List<JsonNode> of(String kind, List<JsonNode> documents) {
    return documents.stream().filter(each -> each.get("kind").asText().equals(kind)).toList();
  }

  /** The one of a kind with a name. */
  static JsonNode named(String name, String kind, List<JsonNode> documents) {
    List<JsonNode> found =
        of(kind, documents).stream()
            .filter(each -> each.at("/metadata/name").asText().equals(name))
            .toList();
    assertThat(found).as(kind + " " + name).hasSize(1);
    return found.get(0);
  }

  /**
   * Fails on a field that Kubernetes or the kind's operator does not know, and on a missing one.
   */
  static void validate(JsonNode document) {
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
        default -> validateCustom(document);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void validateCustom(JsonNode document) throws IOException {
    String kind = document.get("kind").asText();
    try (InputStream in = Manifests.class.getResourceAsStream("/custom-resources.schema.yaml")) {
      ObjectNode schemas = (ObjectNode) YAML.readTree(in);
      assertThat(schemas.at("/definitions/" + kind).isObject()).as(kind).isTrue();
      schemas.put("$ref", "#/definitions/" + kind);
      JsonSchema schema =
          JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(schemas);
      assertThat(schema.validate(document)).as(document.toString()).isEmpty();
    }
  }
}
