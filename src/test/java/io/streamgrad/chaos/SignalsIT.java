package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import io.streamgrad.streams.runtime.StreamsService;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * SIGTERM and SIGINT, once or twice, at random moments of a service's start, restore, rebalance,
 * life and stop, while its broker is healthy, frozen or absent: the process ends in time and with
 * the signal's exit code, and the next one goes on.
 */
class SignalsIT {
  private static final int TIMES = Form.of(4, 68);
  private static final int IMAGES_PER_SECOND = 500;

  /** One record for every fetch: there is time to strike while weights are restored. */
  private static final String[] SLOW_RESTORE = {
    "commit-interval=10ms", "kafka.restore.consumer.max.partition.fetch.bytes=1"
  };

  @TempDir private Path directory;
  private final Random random = new Random(Form.SEED);
  private final boolean interruptible = Running.isInterruptible();

  private enum Kafka {
    HEALTHY,
    FROZEN,
    ABSENT
  }

  private enum Moment {
    START,
    RESTORE,
    LIFE,
    REBALANCE
  }

  @Test
  void whateverTheMomentAndWhateverTheBrokerDoesASignalEndsTheService() throws Exception {
    Map<Kafka, List<Duration>> times = new EnumMap<>(Kafka.class);
    int port = Ports.free();
    try (Running broker = LearningStream.broker(directory, port);
        LearningStream stream = stream(broker, port)) {
      Running producer = stream.produce("digits", Form.SEED, Integer.MAX_VALUE, IMAGES_PER_SECOND);
      Running first = stream.serve("first");
      stream.awaitCommitted(1, Duration.ofMinutes(5), first);
      first.terminate();
      for (int i = 0; i < TIMES; i++) {
        Moment moment = Moment.values()[i % Moment.values().length];
        Kafka kafka = (i + i / Moment.values().length) % 2 == 0 ? Kafka.HEALTHY : Kafka.FROZEN;
        times
            .computeIfAbsent(kafka, each -> new ArrayList<>())
            .add(strike(stream, broker, kafka, moment));
      }
      for (int i = 0; i < TIMES / 2; i++) {
        Running service =
            stream.serve("alone", "kafka.bootstrap.servers=127.0.0.1:" + Ports.free());
        letTimePass(random.nextInt(6000));
        times.computeIfAbsent(Kafka.ABSENT, each -> new ArrayList<>()).add(end(service));
      }
      assertThat(stream.finish(producer, stream.serve("last"))).isPositive();
    }
    for (Map.Entry<Kafka, List<Duration>> each : times.entrySet()) {
      Reliability.row(
          Reliability.Table.KINDS,
          "SIGTERM%s at a random moment of start, restore, rebalance, life and stop; the broker %s"
              .formatted(
                  interruptible ? " or SIGINT" : "", each.getKey().name().toLowerCase(Locale.ROOT)),
          Form.SEED,
          each.getValue().size(),
          "each ended with the signal's exit code, after %.1f s at most; oracle agrees"
              .formatted(Collections.max(each.getValue()).toMillis() / 1e3));
    }
  }

  private Duration strike(LearningStream stream, Running broker, Kafka kafka, Moment moment)
      throws Exception {
    Running service = stream.serve("a", SLOW_RESTORE);
    Running other = null;
    switch (moment) {
      case START -> letTimePass(random.nextInt(3000));
      case RESTORE -> service.awaitOutput("(restoring) ", Duration.ofMillis(2));
      case LIFE -> service.awaitOutput("Kafka Streams is (RUNNING)");
      case REBALANCE -> {
        service.awaitOutput("Kafka Streams is (RUNNING)");
        other = stream.serve("b", SLOW_RESTORE);
        other.awaitOutput("Kafka Streams is (REBALANCING)");
      }
    }
    letTimePass(random.nextInt(300));
    if (kafka == Kafka.FROZEN) {
      broker.signal("STOP");
      letTimePass(random.nextInt(3000));
    }
    try {
      Duration time = end(service);
      return other == null ? time : max(time, end(other));
    } finally {
      if (kafka == Kafka.FROZEN) {
        broker.signal("CONT");
      }
    }
  }

  /** Signals, in half of the cases twice; returns how long it took the process to end. */
  private Duration end(Running service) throws Exception {
    boolean interrupt = interruptible && random.nextBoolean();
    String signal = interrupt ? "INT" : "TERM";
    long start = System.nanoTime();
    service.signal(signal);
    if (random.nextBoolean()) {
      letTimePass(random.nextInt(500));
      service.signalIfAlive(signal);
    }
    int exit = service.exit(StreamsService.GRACE_PERIOD);
    Duration time = Duration.ofNanos(System.nanoTime() - start);
    assertThat(exit).as(service.output()).isEqualTo(interrupt ? 130 : 143);
    return time;
  }

  @ParameterizedTest
  @ValueSource(strings = {"broker", "demo", "produce", "watch predictions", "verify"})
  void theOtherCommandsEndSoonToo(String command) throws Exception {
    String absent = "127.0.0.1:" + Ports.free();
    List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
    arguments.addAll(
        switch (arguments.get(0)) {
          case "broker" -> List.of("--data-dir", directory.toString(), "--port", "0");
          case "demo" ->
              List.of("--data-dir", directory.toString(), "--port", "0", "--metrics-port", "0");
          case "verify" -> List.of("-c", "kafka.bootstrap.servers=" + absent);
          default -> List.of("--bootstrap-server", absent);
        });
    for (int i = 0; i < Form.of(1, 10); i++) {
      try (Running process = new Running(directory, List.of(), Map.of(), arguments)) {
        letTimePass(random.nextInt(5000));
        end(process);
        assertThat(process.output()).doesNotContain("streamgrad " + arguments.get(0) + ": ");
      }
    }
  }

  private static Duration max(Duration a, Duration b) {
    return a.compareTo(b) > 0 ? a : b;
  }

  /** A random moment is a span of time: there is no condition to wait for. */
  private static void letTimePass(int millis) {
    long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
    Awaitility.await().pollInterval(Duration.ofMillis(5)).until(() -> System.nanoTime() > end);
  }

  private LearningStream stream(Running broker, int port) throws Exception {
    broker.awaitOutput("Kafka at (\\S+),");
    return new LearningStream(directory, 1, "127.0.0.1:" + port);
  }
}
