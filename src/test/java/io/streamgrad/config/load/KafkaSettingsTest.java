package io.streamgrad.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.KafkaSettings;
import io.streamgrad.config.ServiceConfig;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class KafkaSettingsTest {
  private static final String SECRET = "hunter2";

  static Stream<String> refused() {
    return KafkaSettings.REFUSED.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("refused")
  void givenASettingThatTheGuaranteesRestOnWhenGivenThenItIsRefusedUnderEveryPrefix(String name) {
    assertThat(KafkaSettings.CLIENT_PREFIXES)
        .allSatisfy(prefix -> assertRefused(prefix + name))
        .hasSize(6);
    assertRefused(name);
  }

  private static void assertRefused(String name) {
    assertThat(Configs.refusal(() -> Configs.override("kafka." + name, SECRET)))
        .startsWith("kafka." + name + ": must not be set: ")
        .endsWith(" (set by -c)")
        .doesNotContain(SECRET);
  }

  @Test
  void givenTheSettingsThatAreCheckedThenKafkaKnowsEachOfThem() {
    Set<String> known = new HashSet<>(StreamsConfig.configDef().names());
    known.addAll(ConsumerConfig.configNames());
    known.addAll(ProducerConfig.configNames());
    known.addAll(AdminClientConfig.configNames());
    known.add("topic.cleanup.policy");

    assertThat(known)
        .containsAll(KafkaSettings.REFUSED.keySet())
        .containsAll(KafkaSettings.RESTRICTED.keySet());
  }

  @Test
  void givenTheSettingsThatStreamsHasForHandlersThenAllAreRefused() {
    assertThat(StreamsConfig.configDef().names())
        .filteredOn(name -> name.endsWith(".exception.handler"))
        .hasSize(5)
        .allMatch(KafkaSettings.REFUSED::containsKey);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          acks                          | 1                | must be all: what is committed must survive the loss of a broker
          producer.acks                 | 0                | must be all: what is committed must survive the loss of a broker
          enable.idempotence            | false            | must be true: a retry must not write a record twice
          isolation.level               | read_uncommitted | must be read_committed: a batch of an aborted transaction was never sent
          consumer.auto.offset.reset    | latest           | must be earliest: the weights are a function of the whole log
          main.consumer.isolation.level | read_uncommitted | must be read_committed: a batch of an aborted transaction was never sent
          producer.max.in.flight.requests.per.connection | 6 | must be 1 to 5: more may change the order of the records
          bootstrap.servers             | ' '              | nothing is not allowed; must be host:port of one or more brokers, separated by commas
          application.id                | x                | must not be set: use application-id
          consumer.group.id             | x                | must not be set: use application-id, which names the group
          topic.cleanup.policy          | delete           | must not be set: changelogs are compacted: they are the weights' only copy
          """)
  void givenAValueThatBreaksAGuaranteeWhenGivenThenTheReasonIsSaid(
      String name, String value, String problem) {
    assertThat(Configs.refusal(() -> Configs.override("kafka." + name, value)))
        .isEqualTo("kafka." + name + ": " + problem + " (set by -c)");
  }

  @ParameterizedTest
  @CsvSource({
    "acks, all",
    "producer.acks, -1",
    "enable.idempotence, true",
    "isolation.level, read_committed",
    "auto.offset.reset, earliest",
    "max.in.flight.requests.per.connection, 5",
    "num.standby.replicas, 1",
    "group.protocol, streams",
    "num.stream.threads, 4",
    "consumer.fetch.max.bytes, 1000",
    "client.id, x",
    "topic.min.insync.replicas, 2",
  })
  void givenAnythingElseWhenGivenThenItPasses(String name, String value) {
    assertThat(Configs.override("kafka." + name, value).kafka().values())
        .containsEntry(name, value);
  }

  @ParameterizedTest
  @CsvSource({
    "group.instance.id, streams",
    "consumer.group.instance.id, streams",
    "main.consumer.group.instance.id, Streams",
    "consumer.group.instance.id, consumer",
  })
  void givenAStaticMemberOfANewerGroupProtocolWhenLoadedThenItIsRefused(
      String member, String protocol) {
    assertThat(Configs.refusal(() -> staticMember(member, protocol)))
        .isEqualTo(
            ("kafka.%s: must not be set where kafka.group.protocol is %s: a member that was killed"
                    + " could not come back under its name until its session is over; leave out"
                    + " one of the two (set by -c)")
                .formatted(member, protocol));
  }

  @Test
  void givenAStaticMemberOfAClassicGroupWhenLoadedThenItPasses() {
    assertThat(staticMember("consumer.group.instance.id", "classic").kafka().values())
        .containsEntry("consumer.group.instance.id", "pod-0");
  }

  private static ServiceConfig staticMember(String setting, String protocol) {
    return ConfigLoader.load(
        null, Map.of(), Map.of("kafka." + setting, "pod-0", "kafka.group.protocol", protocol));
  }

  @ParameterizedTest
  @ValueSource(strings = {"30000", "${env:TIMEOUT}"})
  void givenATransactionTimeoutAsLongAsTheCommitIntervalThenItIsTaken(String timeout) {
    assertThat(withTransactionTimeout(timeout).commitInterval()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void givenAShorterTransactionTimeoutThanTheCommitIntervalThenItIsRefused() {
    assertThat(Configs.refusal(() -> withTransactionTimeout("29999")))
        .isEqualTo(
            "commit-interval: PT30S is not allowed; must be at most"
                + " kafka.producer.transaction.timeout.ms, which is 29999ms (set by -c)");
  }

  @ParameterizedTest
  @CsvSource({
    "50ms, 30",
    "5s, 30",
    "6s, 36",
    "1m, 360",
    "3m, 900",
    "10m, 900",
    "15m, 1200",
    "1h, 3900"
  })
  void givenNoTransactionTimeoutThenThereIsRoomForCommitsWithinWhatBrokersAllowIfThatIsEnough(
      String interval, long seconds) {
    assertThat(Configs.override("commit-interval", interval).transactionTimeout())
        .isEqualTo(Duration.ofSeconds(seconds));
  }

  private static ServiceConfig withTransactionTimeout(String timeout) {
    return ConfigLoader.load(
        null,
        Map.of(),
        Map.of("commit-interval", "30s", "kafka.producer.transaction.timeout.ms", timeout));
  }

  @Test
  void givenAtLeastOnceWhenLoadedThenTheTransactionTimeoutDoesNotBindTheCommitInterval() {
    ServiceConfig config =
        ConfigLoader.load(
            null,
            Map.of(),
            Map.of(
                "commit-interval", "1m",
                "kafka.producer.transaction.timeout.ms", "10000",
                "processing-guarantee", "at_least_once"));

    assertThat(config.processingGuarantee().kafkaName()).isEqualTo(StreamsConfig.AT_LEAST_ONCE);
  }

  @Test
  void givenASecretWhenTheConfigurationIsPrintedThenOnlyItsNameIsShown() {
    ServiceConfig config = Configs.override("kafka.sasl.jaas.config", SECRET);

    assertThat(config.kafka().values()).containsEntry("sasl.jaas.config", SECRET);
    assertThat(config.toString())
        .contains("kafka=KafkaSettings[bootstrap.servers, sasl.jaas.config]")
        .doesNotContain(SECRET);
  }

  @Test
  void givenASecretInTheWrongPlaceWhenRefusedThenItIsNotShown() {
    assertThat(Configs.refusal(() -> Configs.override("kafka", SECRET)))
        .isEqualTo("kafka: the value is not allowed; must be a group of keys (set by -c)");
    assertThat(Configs.refusal(() -> Configs.override("kakfa.ssl.key.password", SECRET)))
        .startsWith("kakfa: unknown key;")
        .doesNotContain(SECRET);
  }
}
