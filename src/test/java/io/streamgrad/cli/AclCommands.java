package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** The permissions as README lists them, read from its lines that begin with "allow --". */
final class AclCommands {
  private static final String PRINCIPAL = "User:streamgrad";

  private AclCommands() {}

  /** Those of README's block of commands of this number, from 0. */
  static List<AclBinding> readme(int block) throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    assertThat(readme).contains("--allow-principal " + PRINCIPAL);
    List<String> blocks =
        Arrays.stream(readme.split("```", -1)).filter(text -> text.contains("\nallow --")).toList();
    return blocks
        .get(block)
        .lines()
        .filter(line -> line.startsWith("allow --"))
        .flatMap(line -> parse(line).stream())
        .toList();
  }

  /** Those of a KafkaUser of Strimzi's. */
  static List<AclBinding> kafkaUser(Path manifest) throws IOException {
    List<AclBinding> bindings = new ArrayList<>();
    for (JsonNode acl :
        new YAMLMapper().readTree(manifest.toFile()).at("/spec/authorization/acls")) {
      JsonNode at = acl.get("resource");
      bindings.addAll(
          bindings(
              ResourceType.fromString(
                  at.get("type").asText().equals("transactionalId")
                      ? "TRANSACTIONAL_ID"
                      : at.get("type").asText()),
              at.get("name").asText(),
              at.path("patternType").asText().equals("prefix")
                  ? PatternType.PREFIXED
                  : PatternType.LITERAL,
              acl.get("operations")
                  .valueStream()
                  .map(operation -> operation(operation.asText()))
                  .toList()));
    }
    return bindings;
  }

  /** One operation of a user on a topic. */
  static AclBinding allow(String user, AclOperation operation, String topic) {
    return new AclBinding(
        new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
        new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW));
  }

  private static List<AclBinding> parse(String line) {
    List<String> words = List.of(line.split(" +", -1));
    List<AclOperation> operations = new ArrayList<>();
    ResourceType type = ResourceType.UNKNOWN;
    String name = "";
    PatternType pattern = PatternType.LITERAL;
    for (int i = 1; i < words.size(); i += 2) {
      String value = words.get(i + 1);
      switch (words.get(i)) {
        case "--operation" -> operations.add(operation(value));
        case "--resource-pattern-type" ->
            pattern = PatternType.fromString(value.toUpperCase(java.util.Locale.ROOT));
        default -> {
          type = ResourceType.fromString(words.get(i).substring(2).replace('-', '_'));
          name = value;
        }
      }
    }
    return bindings(type, name, pattern, operations);
  }

  private static List<AclBinding> bindings(
      ResourceType type, String name, PatternType pattern, List<AclOperation> operations) {
    ResourcePattern resource = new ResourcePattern(type, name, pattern);
    return operations.stream()
        .map(
            operation ->
                new AclBinding(
                    resource,
                    new AccessControlEntry(PRINCIPAL, "*", operation, AclPermissionType.ALLOW)))
        .toList();
  }

  private static AclOperation operation(String name) {
    return AclOperation.fromString(name.replaceAll("(?<=[a-z])(?=[A-Z])", "_"));
  }
}
