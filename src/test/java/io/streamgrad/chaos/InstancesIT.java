package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two and three instances that learn many models over several partitions: one is killed, frozen for
 * longer than its session lasts and thawed again, added, removed; then the oracle compares.
 */
class InstancesIT {
  private static final int ROUNDS = Form.of(1, 5);
  private static final int PARTITIONS = 4;
  private static final int MODELS = 16;
  private static final int BATCHES_PER_SECOND = 200;
  private static final Duration FROZEN = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @TempDir private Path directory;
  private long unfinished;

  @Test
  void instancesThatComeGoAndFreezeLeaveTheWeightsAsTheyShouldBe() throws Exception {
    try (LearningStream stream = new LearningStream(directory, PARTITIONS)) {
      Feed feed = stream.feed(MODELS, BATCHES_PER_SECOND);
      Running a = add(stream, "a");
      Running b = add(stream, "b");
      for (int round = 0; round < ROUNDS; round++) {
        strike(stream, a, "KILL");
        stream.awaitProgress(PATIENCE);

        a = add(stream, "a");
        Running c = add(stream, "c");
        freezeUntilFenced(stream, b, a, c);

        strike(stream, c, "TERM");
        assertThat(c.exit(PATIENCE)).isEqualTo(143); // by SIGTERM, after its last commit
        stream.awaitProgress(PATIENCE);
      }
      feed.stop();
      stream.awaitDrained(PATIENCE);
      long records = stream.records();

      assertThat(stream.verify(Feed.MODELS))
          .contains("%d updates, %d predictions".formatted(records, records));
      Reliability.row(
          Reliability.Table.FAULTS,
          "of two and three instances with %d models, one killed, one frozen and fenced, one removed"
              .formatted(MODELS),
          Form.SEED,
          3 * ROUNDS,
          records,
          unfinished,
          "agrees");
    }
  }

  /** Others take its partitions over and end its transaction; it wakes up and joins again. */
  private void freezeUntilFenced(LearningStream stream, Running zombie, Running... others)
      throws Exception {
    strike(stream, zombie, "STOP");
    while (!standsInTransaction(stream)) {
      zombie.signal("CONT");
      stream.awaitProgress(PATIENCE);
      strike(stream, zombie, "STOP");
    }
    String open = String.join("|", stream.openTransactions(FROZEN));
    stream.awaitProgress(PATIENCE);
    // By a thread that nothing waits for: Kafka Streams learns on while the transaction is ended.
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(said(others))
                    .containsPattern(
                        "ended transactions that were left open: .*(%s)".formatted(open)));

    int before = zombie.output().length();
    zombie.signal("CONT");
    zombie.awaitOutput("(?s).{%d}.*is REBALANCING.*is (RUNNING)".formatted(before));
    stream.awaitProgress(PATIENCE);
  }

  private static String said(Running... instances) {
    return Stream.of(instances).map(Running::output).collect(Collectors.joining());
  }

  /** Whether the frozen instance has a transaction open; nobody else has one for long. */
  private static boolean standsInTransaction(LearningStream stream) throws Exception {
    long end = System.nanoTime() + FROZEN.toNanos() + FROZEN.toNanos() / 4;
    Awaitility.await().until(() -> System.nanoTime() > end);
    return !stream.openTransactions(FROZEN).isEmpty();
  }

  private void strike(LearningStream stream, Running instance, String signal) throws Exception {
    instance.signal(signal);
    long lag = stream.lag();
    unfinished += lag;
    assertThat(lag).as("batches that wait when %s strikes", signal).isPositive();
  }

  /** One that sends each output at once: Kafka then has its transaction open nearly always. */
  private static Running add(LearningStream stream, String name) throws Exception {
    Running instance = stream.serve(name, Feed.MODELS, "kafka.producer.linger.ms=0");
    instance.awaitOutput("Kafka Streams is (RUNNING)");
    return instance;
  }
}
