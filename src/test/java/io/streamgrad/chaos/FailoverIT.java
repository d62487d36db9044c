package io.streamgrad.chaos;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.streamgrad.Alone;
import io.streamgrad.Running;
import io.streamgrad.embedded.EmbeddedBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * How long predictions stay away when the owner of a partition goes. The times are measured for
 * docs/RELIABILITY.md and judged there; here they must come back, and the oracle agree.
 */
@Alone
class FailoverIT {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int PARTITIONS = 2;
  private static final int TIMES = 3;

  @TempDir private Path directory;

  enum Setting {
    AS_IT_IS("as the service is"),
    STANDBY("with a standby", "kafka.num.standby.replicas=1"),
    STATIC_MEMBERS("static members", "kafka.consumer.group.instance.id=NAME"),
    STREAMS_GROUP("group.protocol=streams", "kafka.group.protocol=streams"),
    QUICK_STREAMS_GROUP(
        "group.protocol=streams, brokers that allow 6 s", "kafka.group.protocol=streams");

    private final String description;

    @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
    private final List<String> settings;

    Setting(String description, String... settings) {
      this.description = description;
      this.settings = List.of(settings);
    }

    String[] of(String instance) {
      List<String> all = new ArrayList<>(List.of(Feed.MODELS, "kafka.client.id=" + instance));
      settings.forEach(setting -> all.add(setting.replace("NAME", instance)));
      return all.toArray(String[]::new);
    }

    Map<String, String> broker() {
      return this == QUICK_STREAMS_GROUP
          ? Map.of(
              "group.streams.min.session.timeout.ms", "6000",
              "group.streams.session.timeout.ms", "6000",
              "group.streams.min.heartbeat.interval.ms", "1500",
              "group.streams.heartbeat.interval.ms", "1500")
          : Map.of();
    }
  }

  @ParameterizedTest
  @EnumSource
  void predictionsComeBackWhenTheirOwnerGoes(Setting setting) throws Exception {
    assumeTrue(Form.LONG, "measured in the long form");
    try (EmbeddedBroker broker =
            EmbeddedBroker.start(directory.resolve("kafka"), 0, setting.broker());
        LearningStream stream =
            new LearningStream(directory, PARTITIONS, broker.bootstrapServers())) {
      Feed feed = stream.feed(8, 100);
      Running a = add(stream, setting, "a");
      add(stream, setting, "b");
      for (String signal : List.of("KILL", "TERM")) {
        List<Duration> away = new ArrayList<>();
        for (int i = 0; i < TIMES; i++) {
          away.add(failover(stream, a, signal));
          a = add(stream, setting, "a");
        }
        Collections.sort(away);
        Reliability.row(
            Reliability.Table.FAILOVER,
            signal.equals("KILL") ? "killed" : "stopped",
            setting.description,
            away.size(),
            seconds(away.get(away.size() / 2)),
            seconds(away.get(away.size() - 1)),
            setting == Setting.AS_IT_IS ? signal.equals("KILL") ? "10" : "2" : "");
      }
      feed.stop();
      stream.awaitDrained(PATIENCE);
      stream.verify(Feed.MODELS);
    }
  }

  private static Duration failover(LearningStream stream, Running owner, String signal)
      throws Exception {
    try (PredictionTimes predictions = new PredictionTimes(stream.server(), PARTITIONS)) {
      predictions.awaitAll(System.nanoTime(), PATIENCE);
      long struck = System.nanoTime();
      owner.signal(signal);
      owner.exit(PATIENCE);
      predictions.awaitAll(System.nanoTime(), PATIENCE);
      return predictions.backAfter(struck);
    }
  }

  private static Running add(LearningStream stream, Setting setting, String name) throws Exception {
    Running instance = stream.serve(name, setting.of(name));
    instance.awaitOutput("Kafka Streams is (RUNNING)");
    instance.awaitOutput("(restored) ");
    return instance;
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f", duration.toMillis() / 1000.0);
  }
}
