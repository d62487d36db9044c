package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import io.streamgrad.chaos.FaultyNetwork.Fault;
import io.streamgrad.embedded.EmbeddedBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The network between the service and its broker fails in one way after the other while a stream
 * goes on; then the oracle compares. -Dchaos.long=true lets each fault outlast the service's
 * session and its transactions.
 */
class NetworkIT {
  private static final Duration BEYOND_SESSION = Duration.ofSeconds(9);
  private static final int AT_LEAST = 3;
  private static final int IMAGES_PER_SECOND = 3000;

  @TempDir private Path directory;

  /** What a fault met, and what it did. */
  private record Struck(long unfinished, long times) {}

  @Test
  void whateverTheNetworkDoesTheWeightsAreThoseOfARunWhereItDidNothing() throws Exception {
    int proxy = Ports.free();
    int behindProxy = Ports.free();
    try (EmbeddedBroker broker = broker(proxy, behindProxy);
        FaultyNetwork network = new FaultyNetwork(proxy, behindProxy, Form.SEED);
        LearningStream stream = new LearningStream(directory, 1, broker.bootstrapServers())) {
      Running producer = stream.produce("digits", Form.SEED, Integer.MAX_VALUE, IMAGES_PER_SECOND);
      Running service = stream.serve("a", "kafka.bootstrap.servers=127.0.0.1:" + proxy);
      service.awaitOutput("Kafka Streams is (RUNNING)");
      Map<Fault, Struck> faults = new EnumMap<>(Fault.class);
      for (Fault fault : EnumSet.complementOf(EnumSet.of(Fault.NONE))) {
        faults.put(fault, strike(fault, network, stream, service));
      }
      long records = stream.finish(producer, service);

      for (Map.Entry<Fault, Struck> fault : faults.entrySet()) {
        Reliability.row(
            Reliability.Table.FAULTS,
            "between service and broker, %d s long: %s"
                .formatted(lasts(fault.getKey()).toSeconds(), fault.getKey().text()),
            Form.SEED,
            fault.getValue().times(),
            records,
            fault.getValue().unfinished(),
            "agrees");
      }
    }
  }

  /** After six silent seconds the group gives the service up, after thirty its transaction ends. */
  private static Duration lasts(Fault fault) {
    if (Form.LONG) {
      return Duration.ofSeconds(fault == Fault.STALL ? 45 : 25);
    }
    return fault == Fault.STALL ? BEYOND_SESSION : Duration.ofSeconds(2);
  }

  /** One fault, and all the work that has come by its end. */
  private static Struck strike(
      Fault fault, FaultyNetwork network, LearningStream stream, Running service) throws Exception {
    long lag = Awaitility.await().until(stream::lag, waiting -> waiting > 0);
    network.strike(fault);
    Duration lasts = lasts(fault);
    long end = System.nanoTime() + lasts.toNanos();
    Awaitility.await()
        .atMost(lasts.plusMinutes(1))
        .until(() -> System.nanoTime() > end && network.struck() >= AT_LEAST);
    long times = network.struck();
    network.strike(Fault.NONE);
    long waiting = stream.records();
    stream.awaitCommitted(waiting, Duration.ofMinutes(5), service);
    assertThat(service.isAlive()).as(service::output).isTrue();
    return new Struck(lag, times);
  }

  /**
   * With a listener of its own for those who come by way of the proxy, and are sent there again.
   */
  private EmbeddedBroker broker(int proxy, int behindProxy) {
    int port = Ports.free();
    int controller = Ports.free();
    return EmbeddedBroker.start(
        directory.resolve("kafka"),
        port,
        Map.of(
            "listeners",
            "BROKER://127.0.0.1:%d,PROXIED://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
                .formatted(port, behindProxy, controller),
            "advertised.listeners",
            "BROKER://127.0.0.1:%d,PROXIED://127.0.0.1:%d".formatted(port, proxy),
            "listener.security.protocol.map",
            "BROKER:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.quorum.voters",
            "1@127.0.0.1:" + controller));
  }
}
