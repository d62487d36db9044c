package io.streamgrad.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentKeysTest {
  private final EnvironmentKeys keys = new EnvironmentKeys(ConfigLoader.defaults());

  @ParameterizedTest
  @CsvSource({
    "STREAMGRAD_APPLICATION_ID, application-id",
    "STREAMGRAD_MODEL_LEARNING_RATE_INITIAL, model.learning-rate.initial",
    "STREAMGRAD_MODEL_MAX_SKIPPED_IN_A_ROW, model.max-skipped-in-a-row",
    "STREAMGRAD_TOPICS_DEAD_LETTERS, topics.dead-letters",
    "STREAMGRAD_MODELS_PARTITIONER, models.partitioner",
    "STREAMGRAD_KAFKA_BOOTSTRAP_SERVERS, kafka.bootstrap.servers",
    "STREAMGRAD_KAFKA_CONSUMER_FETCH_MAX_BYTES, kafka.consumer.fetch.max.bytes",
  })
  void givenAVariableThenItSetsTheKeyItIsNamedAfter(String variable, String key) {
    assertThat(keys.path(variable)).isEqualTo(ConfigTree.path(key));
  }

  @ParameterizedTest
  @ValueSource(strings = {"STREAMGRAD_JAVA_OPTS", "STREAMGRAD_JDK_PLACES", "PATH", "STREAMGRADE"})
  void givenAVariableOfSomethingElseThenItIsIgnored(String variable) {
    assertThat(keys.path(variable)).isNull();
    assertThat(Configs.environment(variable, "?")).isEqualTo(Configs.load());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "STREAMGRAD_MODEL_LEARNINGRATE_INITIAL",
        "STREAMGRAD_MODELS_FASHION_SEED",
        "STREAMGRAD_MODEL",
        "STREAMGRAD_KAFKA",
        "STREAMGRAD_KAFKA_",
        "STREAMGRAD_http_port",
        "STREAMGRAD_",
      })
  void givenAVariableThatSetsNoKeyThenItIsRefusedByName(String variable) {
    assertThat(Configs.refusal(() -> Configs.environment(variable, "hunter2")))
        .isEqualTo(
            "environment variable "
                + variable
                + ": sets no key; allowed are STREAMGRAD_KAFKA_<SETTING> and STREAMGRAD_<KEY>, the"
                + " key in upper case with _ for . and - (models.<name> only in the file and with"
                + " -c)");
  }

  @Test
  void givenAllKeysThenNoTwoShareAVariable() {
    Map<String, List<String>> all = keys.all();

    assertThat(all).hasSize(leaves(ConfigLoader.defaults()));
    assertThat(all.keySet())
        .filteredOn(variable -> variable.startsWith("STREAMGRAD_KAFKA_"))
        .containsExactly("STREAMGRAD_KAFKA_BOOTSTRAP_SERVERS");
  }

  private static int leaves(ObjectNode group) {
    return group.properties().stream()
        .mapToInt(field -> field.getValue() instanceof ObjectNode sub ? leaves(sub) : 1)
        .sum();
  }
}
