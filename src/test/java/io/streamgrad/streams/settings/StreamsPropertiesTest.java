package io.streamgrad.streams.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.StreamsConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StreamsPropertiesTest {
  @Test
  void clientsGiveABrokerUpAfterTenSeconds() {
    StreamsConfig streams = with(Map.of());

    assertThat(streams.getMainConsumerConfigs("g", "c", 1))
        .containsEntry("request.timeout.ms", 10_000)
        .containsEntry("session.timeout.ms", 6000);
    assertThat(streams.getProducerConfigs("c"))
        .containsEntry("request.timeout.ms", 10_000)
        .containsEntry("transaction.timeout.ms", 30_000);
    assertThat(streams.getAdminConfigs("c"))
        .containsEntry("request.timeout.ms", 10_000)
        .containsEntry("metadata.max.age.ms", 5000);
  }

  @Test
  void clientsAskAnotherBrokerBeforeTheyTryTheSameAgain() {
    StreamsConfig streams = with(Map.of());

    assertThat(
            List.of(
                streams.getMainConsumerConfigs("g", "c", 1),
                streams.getRestoreConsumerConfigs("c"),
                streams.getProducerConfigs("c"),
                streams.getAdminConfigs("c")))
        .allSatisfy(
            client ->
                assertThat(client)
                    .containsEntry("retry.backoff.max.ms", 500)
                    .containsEntry("reconnect.backoff.ms", 1000)
                    .containsEntry("reconnect.backoff.max.ms", 1000));
  }

  @Test
  void whatIsGivenWinsWithAndWithoutTheClientsPrefix() {
    StreamsConfig streams =
        with(
            Map.of(
                "kafka.request.timeout.ms", "45000",
                "kafka.producer.request.timeout.ms", "20000",
                "kafka.session.timeout.ms", "9000",
                "kafka.producer.transaction.timeout.ms", "70000"));

    assertThat(streams.getMainConsumerConfigs("g", "c", 1))
        .containsEntry("request.timeout.ms", "45000")
        .containsEntry("session.timeout.ms", "9000");
    assertThat(streams.getProducerConfigs("c"))
        .containsEntry("request.timeout.ms", "20000")
        .containsEntry("transaction.timeout.ms", "70000");
  }

  @Test
  void betweenTwoPollsAreNoMoreStepsOfTheLargestModelThanTakeAboutHalfASecond() {
    String large = "[784, 4096, 1600, 10]";
    assertThat(recordsOfOnePoll(Map.of("model.layers", large))).isEqualTo(20);
    assertThat(recordsOfOnePoll(Map.of("models.m.layers", large))).isEqualTo(20);
    assertThat(recordsOfOnePoll(Map.of())).isEqualTo(1000);
    assertThat(recordsOfOnePoll(Map.of("model.layers", large, "kafka.max.poll.records", "7")))
        .isEqualTo("7");
  }

  private static @Nullable Object recordsOfOnePoll(Map<String, String> settings) {
    return with(settings).getMainConsumerConfigs("g", "c", 1).get("max.poll.records");
  }

  private static StreamsConfig with(Map<String, String> settings) {
    return new StreamsConfig(StreamsProperties.of(ConfigLoader.load(null, Map.of(), settings)));
  }
}
