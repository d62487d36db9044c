package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The service on brokers of every Kafka release that README calls supported: two instances learn,
 * one is killed with a transaction open, the other takes over and ends it; then the oracle
 * compares. Two releases at a time.
 */
class BrokerVersionsIT {
  private static final String EMBEDDED = "embedded";
  private static final int PARTITIONS = 2;
  private static final int MODELS = 4;
  private static final int BATCHES_PER_SECOND = 100;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Frozen for so long, a transaction is seen to be open: nobody at work has one as old. */
  private static final Duration OPEN = Duration.ofSeconds(2);

  /** Kafka itself ends no transaction that was left open before the patience is over. */
  private static final String TRANSACTION =
      "kafka.producer.transaction.timeout.ms=" + 2 * PATIENCE.toMillis();

  @TempDir private static Path directory;
  private static ExecutorService two;
  private static Map<String, Future<Void>> runs;

  /** The newest patch of each, and the embedded broker, which is of the clients' version. */
  static Stream<String> versions() {
    return Stream.of("3.9.2", "4.0.2", "4.1.2", "4.2.2", "4.3.1", EMBEDDED);
  }

  @BeforeAll
  static void begin() {
    two = Executors.newFixedThreadPool(2);
    runs =
        versions()
            .collect(
                Collectors.toMap(
                    Function.identity(),
                    version ->
                        two.submit(
                            () -> {
                              learnKillAndVerify(version);
                              return null;
                            })));
  }

  @AfterAll
  static void end() {
    two.shutdownNow();
  }

  @ParameterizedTest
  @MethodSource("versions")
  void whoeverTakesOverLearnsOn(String version) throws Throwable {
    try {
      Objects.requireNonNull(runs.get(version)).get();
    } catch (ExecutionException e) {
      throw e.getCause();
    }
  }

  private static void learnKillAndVerify(String version) throws Exception {
    Path place = Files.createDirectories(directory.resolve(version));
    try (ReleasedBroker broker =
            version.equals(EMBEDDED) ? null : new ReleasedBroker(place, version);
        LearningStream stream =
            new LearningStream(place, PARTITIONS, broker == null ? null : broker.address())) {
      Running killed = add(stream, "killed");
      Running other = add(stream, "other");
      Feed feed = stream.feed(MODELS, BATCHES_PER_SECOND);
      stream.awaitProgress(PATIENCE);

      String open = freezeInTransaction(stream, killed);
      long struck = System.nanoTime();
      killed.signal("KILL");
      stream.awaitProgress(PATIENCE);
      other.awaitOutput("ended transactions that were left open: .*(%s)".formatted(open));
      Duration away = Duration.ofNanos(System.nanoTime() - struck);

      feed.stop();
      stream.awaitDrained(PATIENCE);
      assertThat(other.terminate()).isEqualTo(143);
      long records = stream.records();
      assertThat(stream.verify(Feed.MODELS))
          .contains("%d updates, %d predictions".formatted(records, records));
      Reliability.row(
          Reliability.Table.KINDS,
          "one of two instances killed, broker: " + version,
          Form.SEED,
          1,
          "agrees; %d batches, taken over after %d s".formatted(records, away.toSeconds()));
    }
  }

  /** Freezes it; returns the transaction that it then has open. Nobody else has one for long. */
  private static String freezeInTransaction(LearningStream stream, Running instance)
      throws Exception {
    while (true) {
      instance.signal("STOP");
      long end = System.nanoTime() + OPEN.toNanos() + OPEN.toNanos() / 4;
      Awaitility.await().until(() -> System.nanoTime() > end);
      List<String> open = stream.openTransactions(OPEN);
      if (!open.isEmpty()) {
        return open.get(0);
      }
      instance.signal("CONT");
      stream.awaitProgress(PATIENCE);
    }
  }

  /** One that sends each output at once: Kafka then has its transaction open nearly always. */
  private static Running add(LearningStream stream, String name) throws Exception {
    Running instance = stream.serve(name, Feed.MODELS, "kafka.producer.linger.ms=0", TRANSACTION);
    instance.awaitOutput("Kafka Streams is (RUNNING)");
    return instance;
  }
}
