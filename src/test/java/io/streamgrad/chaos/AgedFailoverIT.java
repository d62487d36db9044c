package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Alone;
import io.streamgrad.Running;
import io.streamgrad.recovery.ChangelogReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How long predictions stay away when the owner of a partition is killed, with a young changelog
 * and after minutes of steady load. The times are measured for docs/RELIABILITY.md; here they must
 * come back, and the oracle agree.
 */
@Alone
class AgedFailoverIT {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration AGE = Duration.ofSeconds(Form.of(10, 600));
  private static final int TIMES = Form.of(1, 5);
  private static final int MODELS = 3;
  private static final int BATCHES_PER_SECOND = 37;
  private static final int BATCH = 16;
  private static final Pattern RESTORED = Pattern.compile("restored \\S+, (\\d+) records");

  @TempDir private Path directory;

  private final Deque<Running> instances = new ArrayDeque<>(); // first the owner, then the idle one
  private int started;

  @Test
  void predictionsComeBackWhateverTheAgeOfTheChangelog() throws Exception {
    try (LearningStream stream = new LearningStream(directory, 1)) {
      List<Running> producers = new ArrayList<>();
      for (int model = 0; model < MODELS; model++) {
        int images = BATCH * BATCHES_PER_SECOND / MODELS;
        producers.add(stream.produce("m" + model, Form.SEED + model, Integer.MAX_VALUE, images));
      }
      instances.add(add(stream));
      instances.element().awaitOutput("(restored) ");
      instances.add(add(stream));
      measure(stream, Duration.ZERO);
      long end = System.nanoTime() + AGE.toNanos();
      Awaitility.await().atMost(AGE.plus(PATIENCE)).until(() -> System.nanoTime() > end);
      measure(stream, AGE);

      for (Running producer : producers) {
        producer.terminate();
      }
      stream.awaitDrained(PATIENCE);
      for (Running instance : instances) {
        instance.terminate();
      }
      assertThat(stream.verify()).contains("agrees: %d updates".formatted(stream.records()));
    }
  }

  private void measure(LearningStream stream, Duration age) throws Exception {
    long bytes = changelogBytes(stream.server());
    long records = 0;
    List<Duration> away = new ArrayList<>();
    for (int i = 0; i < TIMES; i++) {
      away.add(failover(stream));
      records = Math.max(records, restored(instances.element()));
    }
    Collections.sort(away);
    Reliability.row(
        Reliability.Table.AGED,
        age.isZero() ? "none" : "%d s".formatted(age.toSeconds()),
        String.format(Locale.ROOT, "%.1f", bytes / 1e6),
        records,
        away.size(),
        seconds(away.get(away.size() / 2)),
        seconds(away.get(away.size() - 1)));
  }

  private Duration failover(LearningStream stream) throws Exception {
    try (PredictionTimes predictions = new PredictionTimes(stream.server(), 1)) {
      predictions.awaitAll(System.nanoTime(), PATIENCE);
      long struck = System.nanoTime();
      Running owner = instances.remove();
      owner.signal("KILL");
      owner.exit(PATIENCE);
      predictions.awaitAll(System.nanoTime(), PATIENCE);
      instances.add(add(stream));
      return predictions.backAfter(struck);
    }
  }

  private static long restored(Running instance) {
    Matcher matcher = RESTORED.matcher(instance.output());
    assertThat(matcher.find()).as(instance.output()).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  private static long changelogBytes(String server) throws Exception {
    TopicPartition changelog = new TopicPartition(ChangelogReader.topic("streamgrad"), 0);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", server))) {
      int broker = admin.describeCluster().nodes().get().iterator().next().id();
      return admin.describeLogDirs(List.of(broker)).allDescriptions().get().values().stream()
          .flatMap(directories -> directories.values().stream())
          .map(logs -> Objects.requireNonNull(logs.replicaInfos().get(changelog)))
          .mapToLong(ReplicaInfo::size)
          .sum();
    }
  }

  private Running add(LearningStream stream) throws Exception {
    Running instance = stream.serve("instance-" + started++);
    instance.awaitOutput("Kafka Streams is (RUNNING)");
    return instance;
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f", duration.toMillis() / 1000.0);
  }
}
