package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.streams.settings.ChangelogSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The overlay prod: what Strimzi, its access operator and KEDA are told, and the service with it.
 */
class ProductionTest {
  private static final String CHANGELOG = "streamgrad-weights-changelog";

  @TempDir private Path directory;

  private static JsonNode scaling() throws IOException {
    return Manifests.read("overlays", "prod", "scaledobject.yaml").get(0).get("spec");
  }

  private static JsonNode trigger() throws IOException {
    return scaling().at("/triggers/0/metadata");
  }

  private static List<JsonNode> topics() throws IOException {
    return Manifests.read("overlays", "prod", "kafka", "topics.yaml");
  }

  private static ServiceConfig config() {
    return ConfigLoader.load(
        Path.of("k8s", "overlays", "prod", "streamgrad.yaml"), Map.of(), Map.of());
  }

  @Test
  void theNumberOfInstancesIsKedasAlone() throws Exception {
    JsonNode set =
        Manifests.named(
            "streamgrad",
            "StatefulSet",
            Manifests.build(directory, Path.of("k8s", "overlays", "prod")));

    // With one, every kubectl apply would undo what KEDA did.
    assertThat(set.get("spec").has("replicas")).isFalse();
    assertThat(scaling().at("/scaleTargetRef/kind").asText()).isEqualTo("StatefulSet");
    assertThat(scaling().at("/scaleTargetRef/name").asText())
        .isEqualTo(set.at("/metadata/name").asText());
    assertThat(scaling().get("minReplicaCount").asInt()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void thereIsAnInstanceForEveryPartitionAtMost() throws IOException {
    JsonNode images =
        Manifests.named(config().topics().images(), "KafkaTopic", topics()).get("spec");

    assertThat(scaling().get("maxReplicaCount").asInt())
        .isEqualTo(images.get("partitions").asInt());
  }

  @Test
  void kedaLooksAtTheServicesGroupTopicAndBrokers() throws IOException {
    assertThat(trigger().get("consumerGroup").asText()).isEqualTo(config().applicationId());
    assertThat(trigger().get("topic").asText()).isEqualTo(config().topics().images());
    assertThat(trigger().get("bootstrapServers").asText())
        .isEqualTo(config().kafka().values().get("bootstrap.servers"));
    assertThat(trigger().get("tls").asText()).isEqualTo("enable");
  }

  /** The scaler's client chooses the versions of its requests by the one that the trigger names. */
  @Test
  void kafka4AnswersWhatKedaAsksAtThisVersion() throws IOException {
    String version = trigger().get("version").asText();
    // Of brokers that README supports, those that Strimzi 0.49 and later run.
    assertThat(version).isEqualTo("4.0.0");
    // What sarama 1.45 (KEDA 2.17) to 1.60 (after KEDA 2.20) send for it.
    Map<ApiKeys, List<Integer>> sent =
        Map.of(
            ApiKeys.API_VERSIONS, List.of(3),
            ApiKeys.METADATA, List.of(10, 11),
            ApiKeys.FIND_COORDINATOR, List.of(2, 3),
            ApiKeys.OFFSET_FETCH, List.of(7, 8),
            ApiKeys.LIST_OFFSETS, List.of(1));

    sent.forEach(
        (request, versions) ->
            assertThat(versions)
                .as(request.name())
                .allMatch(each -> request.isVersionSupported(each.shortValue())));
  }

  @Test
  void everyTopicIsReplicatedAndHasSettingsThatKafkaKnows() throws IOException {
    Set<String> expected = new HashSet<>(config().writtenTopics());
    expected.add(config().topics().images());
    expected.add(CHANGELOG);
    assertThat(topics())
        .extracting(ProductionTest::name)
        .containsExactlyInAnyOrderElementsOf(expected);
    for (JsonNode topic : topics()) {
      assertThat(topic.at("/spec/replicas").asInt()).as(name(topic)).isEqualTo(3);
      assertThat(topic.at("/spec/config/min.insync.replicas").asInt()).isEqualTo(2);
      assertThat(settingsOfTopics()).as(name(topic)).containsAll(settings(topic).keySet());
    }
  }

  /** The names that Kafka's clients have for them. */
  private static Set<String> settingsOfTopics() {
    return Arrays.stream(TopicConfig.class.getFields())
        .filter(field -> field.getName().endsWith("_CONFIG"))
        .map(
            field -> {
              try {
                return (String) field.get(null);
              } catch (IllegalAccessException e) {
                throw new AssertionError(e);
              }
            })
        .collect(Collectors.toSet());
  }

  /** Strimzi makes it, so that neither its replication nor its settings are left to the brokers. */
  @Test
  void theChangelogIsAsTheServiceWouldMakeIt() throws IOException {
    JsonNode changelog = Manifests.named(CHANGELOG, "KafkaTopic", topics());
    Map<String, String> expected = new HashMap<>(ChangelogSettings.byName());
    expected.put("min.insync.replicas", "2");

    assertThat(CHANGELOG).isEqualTo(ChangelogReader.topic(config().applicationId()));
    assertThat(settings(changelog)).isEqualTo(expected);
    assertThat(changelog.at("/spec/partitions"))
        .isEqualTo(
            Manifests.named(config().topics().images(), "KafkaTopic", topics())
                .at("/spec/partitions"));
  }

  @Test
  void theKafkaUserMayDoWhatReadmeListsButMakeTheChangelog() throws IOException {
    JsonNode user = Manifests.read("overlays", "prod", "kafka", "user.yaml").get(0);
    Set<String> granted =
        user.at("/spec/authorization/acls")
            .valueStream()
            .flatMap(
                acl ->
                    acl.get("operations")
                        .valueStream()
                        .map(op -> acl.at("/resource/name").asText() + " " + op.asText()))
            .collect(Collectors.toSet());
    Set<String> expected = readmeRights("This is all that the service must be allowed");
    expected.addAll(readmeRights("The page needs these"));
    assertThat(expected.remove(CHANGELOG + " Create")).isTrue();
    expected.add(CHANGELOG + " DescribeConfigs");

    assertThat(granted).isEqualTo(expected);
  }

  /** Of README's list behind this sentence: "resource operation" for each. */
  private static Set<String> readmeRights(String sentence) throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    String list = readme.substring(readme.indexOf("allow --topic", readme.indexOf(sentence)));
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

  /** One that Strimzi's access operator writes, with the names that it gives. */
  @Test
  void nobodyCopiesASecret() throws Exception {
    List<JsonNode> documents = Manifests.build(directory, Path.of("k8s", "overlays", "prod"));
    JsonNode access = Manifests.of("KafkaAccess", documents).get(0);
    JsonNode user = Manifests.read("overlays", "prod", "kafka", "user.yaml").get(0);
    List<JsonNode> mounted =
        Manifests.named("streamgrad", "StatefulSet", documents)
            .at("/spec/template/spec/volumes")
            .findValues("secret");
    JsonNode authentication = Manifests.of("TriggerAuthentication", documents).get(0);
    List<String> keys = List.of("ssl.truststore.crt", "ssl.keystore.crt", "ssl.keystore.key");

    assertThat(access.at("/spec/user/name")).isEqualTo(user.at("/metadata/name"));
    assertThat(access.at("/spec/kafka/name"))
        .isEqualTo(user.at("/metadata/labels").get("strimzi.io/cluster"));
    assertThat(mounted).hasSize(1);
    assertThat(mounted.get(0).get("secretName")).isEqualTo(access.at("/metadata/name"));
    assertThat(mounted.get(0).get("items").findValuesAsText("key")).containsExactlyElementsOf(keys);
    assertThat(authentication.at("/spec/secretTargetRef").findValues("name"))
        .containsOnly(access.at("/metadata/name"));
    assertThat(authentication.at("/spec/secretTargetRef").findValuesAsText("key"))
        .containsExactlyElementsOf(keys);
  }

  private static String name(JsonNode document) {
    return document.at("/metadata/name").asText();
  }

  private static Map<String, String> settings(JsonNode topic) {
    return topic
        .at("/spec/config")
        .propertyStream()
        .collect(Collectors.toMap(Map.Entry::getKey, setting -> setting.getValue().asText()));
  }
}
