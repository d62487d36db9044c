package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.embedded.EmbeddedBroker;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All that keeps a service from starting, in one look that changes nothing. */
class StartCheckIT {
  @TempDir private static Path directory;
  private static EmbeddedBroker broker;
  private static Admin admin;

  @BeforeAll
  static void start() {
    broker = EmbeddedBroker.start(directory, 0);
    admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
  }

  @AfterAll
  static void stop() {
    admin.close();
    broker.close();
  }

  @Test
  void givenTopicsThatDoNotFitThenEachIsNamedAndNoneIsCreated() throws Exception {
    create("a-images", 2, Map.of("cleanup.policy", "compact"));
    create("a-metrics", 1, Map.of("cleanup.policy", "compact"));
    create("a-weights-changelog", 3, Map.of());
    Set<String> before = admin.listTopics().names().get();

    assertThat(StartCheck.problems(config("a", Map.of())))
        .satisfiesExactlyInAnyOrder(
            problem -> assertThat(problem).startsWith("topic a-predictions does not exist;"),
            problem -> assertThat(problem).startsWith("topic a-dead-letters does not exist;"),
            problem -> assertThat(problem).startsWith("topic a-images has 2 partitions, the"),
            problem -> assertThat(problem).startsWith("topic a-images has cleanup.policy=compact;"),
            problem ->
                assertThat(problem).startsWith("topic a-metrics has cleanup.policy=compact;"));
    assertThat(admin.listTopics().names().get()).isEqualTo(before);
  }

  @Test
  void givenTopicsThatItMayCreateThenItIsToldWhetherItCouldAndDoesNot() throws Exception {
    Map<String, String> create = Map.of("topics.create", "true");
    assertThat(StartCheck.problems(config("b", create))).isEmpty();

    Map<String, String> replicated = new HashMap<>(create);
    replicated.put("topics.replication-factor", "3");
    assertThat(StartCheck.problems(config("b", replicated)))
        .hasSize(4)
        .allMatch(problem -> problem.matches("topic b-\\S+ can't be created: .*eplication.*"));
    assertThat(admin.listTopics().names().get()).noneMatch(name -> name.startsWith("b-"));
  }

  @Test
  void givenTopicsThatFitThenTheirSizesAreLookedAtToo() throws Exception {
    for (String name : List.of("images", "metrics", "dead-letters")) {
      create("c-" + name, 1, Map.of());
    }
    create("c-predictions", 1, Map.of("max.message.bytes", "1000"));

    assertThat(StartCheck.problems(config("c", Map.of())))
        .singleElement()
        .asString()
        .startsWith("topic c-predictions takes records of up to 1000 bytes");
  }

  @Test
  void givenTopicsThatAreMissingThenTheSizesOfTheOthersAreLookedAtAllTheSame() throws Exception {
    create("e-predictions", 1, Map.of("max.message.bytes", "1000"));

    assertThat(StartCheck.problems(config("e", Map.of())))
        .hasSize(4)
        .anyMatch(problem -> problem.startsWith("topic e-predictions takes records of up to"));
    assertThat(
            StartCheck.problems(
                config(
                    "f",
                    Map.of(
                        "topics.create", "true",
                        "outputs.probabilities", "true",
                        "model.max-batch-size", "2048",
                        "model.layers", "[784, 150]"))))
        .as("those that it would create")
        .singleElement()
        .asString()
        .startsWith("topic f-predictions takes records of up to");
  }

  @Test
  void givenNoBrokerOrASettingThatKafkaDoesNotTakeThenThatIsSaid() throws Exception {
    assertThat(StartCheck.problems(config("d", Map.of("kafka.bootstrap.servers", "127.0.0.1:1"))))
        .containsExactly("kafka.bootstrap.servers 127.0.0.1:1: no broker answers");
    assertThat(StartCheck.problems(config("d", Map.of("kafka.security.protocol", "TSL"))))
        .singleElement()
        .asString()
        .contains("security.protocol");
  }

  private static void create(String name, int partitions, Map<String, String> settings)
      throws Exception {
    admin
        .createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(settings)))
        .all()
        .get();
    Awaitility.await().until(() -> admin.listTopics().names().get().contains(name));
  }

  private static ServiceConfig config(String application, Map<String, String> more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("application-id", application);
    settings.put("kafka.bootstrap.servers", broker.bootstrapServers());
    for (String topic : List.of("images", "predictions", "metrics", "dead-letters")) {
      settings.put("topics." + topic, application + "-" + topic);
    }
    settings.putAll(more);
    return ConfigLoader.load(null, Map.of(), settings);
  }
}
