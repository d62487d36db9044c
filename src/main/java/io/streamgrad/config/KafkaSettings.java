package io.streamgrad.config;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What is passed on to Kafka Streams and its clients as it is, config providers included. Refuses
 * the settings that the service's guarantees rest on. Values may be secrets: no message and no
 * {@link #toString} shows one.
 *
 * @param values by Kafka's own names, such as bootstrap.servers, without the prefix "kafka."
 */
public record KafkaSettings(Map<String, String> values) {

  static final String TRANSACTION_TIMEOUT = "producer.transaction.timeout.ms";

  /** Outlasts a request or two to a broker that does not answer. docs/decisions/0013. */
  private static final Duration SHORTEST_TRANSACTION_TIMEOUT = Duration.ofSeconds(30);

  /** The longest that brokers allow unless their transaction.max.timeout.ms is raised. */
  private static final Duration LONGEST_BY_DEFAULT = Duration.ofMinutes(15);

  /** Room for the one commit of a long interval. */
  private static final Duration LEAST_ROOM = Duration.ofMinutes(5);

  /** Streams hands a setting to its clients with and without these. */
  public static final List<String> CLIENT_PREFIXES =
      List.of(
          "main.consumer.",
          "restore.consumer.",
          "global.consumer.",
          "consumer.",
          "producer.",
          "admin.");

  private static final String HANDLER = "bad records are handled by the service itself";
  private static final String BYTES = "the topology names a serde at every node";

  /** Never to be given: the reason. */
  public static final Map<String, String> REFUSED =
      Map.ofEntries(
          Map.entry("application.id", "use application-id"),
          Map.entry("processing.guarantee", "use processing-guarantee"),
          Map.entry("state.dir", "use state-dir"),
          Map.entry("commit.interval.ms", "use commit-interval"),
          Map.entry("errors.dead.letter.queue.topic.name", "use topics.dead-letters"),
          Map.entry("group.id", "use application-id, which names the group"),
          Map.entry("enable.auto.commit", "offsets commit with the weights, in one transaction"),
          Map.entry("transactional.id", "Kafka Streams names the transactions"),
          Map.entry("key.serializer", BYTES),
          Map.entry("value.serializer", BYTES),
          Map.entry("key.deserializer", BYTES),
          Map.entry("value.deserializer", BYTES),
          Map.entry("default.key.serde", BYTES),
          Map.entry("default.value.serde", BYTES),
          Map.entry(
              "ensure.explicit.internal.resource.naming",
              "it is always on: a generated name would lose the weights when the topology changes"),
          Map.entry("topology.optimization", "the topology is fixed"),
          Map.entry(
              "topic.cleanup.policy", "changelogs are compacted: they are the weights' only copy"),
          Map.entry("default.deserialization.exception.handler", HANDLER),
          Map.entry("deserialization.exception.handler", HANDLER),
          Map.entry("default.production.exception.handler", HANDLER),
          Map.entry("production.exception.handler", HANDLER),
          Map.entry("processing.exception.handler", HANDLER));

  /** To be given with certain values only. */
  public static final Map<String, Rule> RESTRICTED =
      Map.of(
          "isolation.level",
          new Rule(
              "read_committed"::equals,
              "read_committed: a batch of an aborted transaction was never sent"),
          "auto.offset.reset",
          new Rule("earliest"::equals, "earliest: the weights are a function of the whole log"),
          "enable.idempotence",
          new Rule("true"::equals, "true: a retry must not write a record twice"),
          "acks",
          new Rule(
              acks -> acks.equals("all") || acks.equals("-1"),
              "all: what is committed must survive the loss of a broker"),
          "max.in.flight.requests.per.connection",
          new Rule(
              requests -> requests.matches("[1-5]"),
              "1 to 5: more may change the order of the records"));

  record Rule(Predicate<String> valid, String allowed) {}

  public KafkaSettings {
    values = Map.copyOf(values);
    // Sorted, so that the same settings give the same message.
    for (String name : new TreeSet<>(values.keySet())) {
      check(name, values.getOrDefault(name, "").trim());
      checkMember(name, values.getOrDefault("group.protocol", "classic").trim());
    }
    Check.that(
        !values.getOrDefault("bootstrap.servers", "").isBlank(),
        "kafka.bootstrap.servers",
        "nothing",
        "host:port of one or more brokers, separated by commas");
  }

  private static void check(String name, String value) {
    String setting = withoutClientPrefix(name);
    String reason = REFUSED.get(setting);
    if (reason != null) {
      throw new ConfigException("kafka." + name, "must not be set: " + reason);
    }
    Rule rule = RESTRICTED.get(setting);
    if (rule != null && !rule.valid().test(value)) {
      throw new ConfigException("kafka." + name, "must be " + rule.allowed());
    }
  }

  /** Only a classic group lets a member in while its former self, which was killed, is in it. */
  private static void checkMember(String name, String protocol) {
    if (withoutClientPrefix(name).equals("group.instance.id")
        && (protocol.equalsIgnoreCase("streams") || protocol.equalsIgnoreCase("consumer"))) {
      throw new ConfigException(
          "kafka." + name,
          "must not be set where kafka.group.protocol is "
              + protocol
              + ": a member that was killed could not come back under its name until its session"
              + " is over; leave out one of the two");
    }
  }

  /**
   * The settings of a client outside Kafka Streams.
   *
   * @param kind "consumer" or "admin": what has this prefix wins over what has none
   */
  public Map<String, Object> client(String kind) {
    Map<String, Object> settings = new HashMap<>();
    values.forEach(
        (name, value) -> {
          if (withoutClientPrefix(name).equals(name)) {
            settings.putIfAbsent(name, value);
          } else if (name.startsWith(kind + ".")) {
            settings.put(withoutClientPrefix(name), value);
          }
        });
    return settings;
  }

  /** The settings of a consumer beside the service, which takes no place in the service's group. */
  public Map<String, Object> outsideTheGroup() {
    Map<String, Object> settings = client("consumer");
    settings.keySet().removeAll(Set.of("group.protocol", "group.instance.id", "client.id"));
    return settings;
  }

  /** A setting's name as the client itself knows it. */
  public static String withoutClientPrefix(String name) {
    for (String prefix : CLIENT_PREFIXES) {
      if (name.startsWith(prefix)) {
        return name.substring(prefix.length());
      }
    }
    return name;
  }

  /**
   * How long a transaction may stay open; Kafka Streams refuses a longer commit interval. Unless it
   * is given, room for a few commits, within what brokers allow by default as long as that is
   * enough for one.
   */
  Duration transactionTimeout(Duration commitInterval) {
    String timeout = values.getOrDefault(TRANSACTION_TIMEOUT, "").trim();
    if (timeout.isEmpty()) {
      Duration roomy = longer(SHORTEST_TRANSACTION_TIMEOUT, commitInterval.multipliedBy(6));
      Duration limit = longer(LONGEST_BY_DEFAULT, commitInterval.plus(LEAST_ROOM));
      return roomy.compareTo(limit) < 0 ? roomy : limit;
    }
    // Anything but a number is a config provider's, or Kafka's to refuse.
    return timeout.matches("\\d{1,10}")
        ? Duration.ofMillis(Long.parseLong(timeout))
        : Duration.ofMillis(Long.MAX_VALUE);
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  /** The names of the settings; their values may be secrets. */
  @Override
  public String toString() {
    return "KafkaSettings" + new TreeSet<>(values.keySet());
  }
}
