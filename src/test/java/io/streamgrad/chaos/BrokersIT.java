package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three brokers, of which those that matter most are killed, restarted and frozen one after the
 * other while a stream goes on; then the oracle compares. -Dchaos.long=true does each to each.
 */
class BrokersIT {
  private static final int NODES = 3;
  private static final int IMAGES_PER_SECOND = 1000;

  @TempDir private Path directory;

  /** Who is struck. */
  private enum Role {
    LEADER("the leader of the images") {
      @Override
      KafkaNode holder(KafkaNodes nodes) throws Exception {
        return nodes.leader("streamgrad.images");
      }
    },
    COORDINATOR("the transactions' coordinator") {
      @Override
      KafkaNode holder(KafkaNodes nodes) throws Exception {
        return nodes.transactionCoordinator();
      }
    },
    CONTROLLER("the controller") {
      @Override
      KafkaNode holder(KafkaNodes nodes) throws Exception {
        return nodes.controller();
      }
    };

    private final String text;

    Role(String text) {
      this.text = text;
    }

    abstract KafkaNode holder(KafkaNodes nodes) throws Exception;
  }

  /** By what: the signal that strikes. */
  private enum Blow {
    KILLED("KILL"),
    RESTARTED("TERM"),
    FROZEN("STOP");

    private final String signal;

    Blow(String signal) {
      this.signal = signal;
    }

    /** What undoes it. */
    void end(KafkaNode node) throws Exception {
      if (this == FROZEN) {
        node.process().signal("CONT");
      } else {
        node.process().exit(Duration.ofMinutes(1));
        node.start();
      }
    }
  }

  private record Fault(Role role, Blow blow) {}

  private static final List<Fault> FAULTS =
      Form.LONG
          ? Stream.of(Role.values())
              .flatMap(role -> Stream.of(Blow.values()).map(blow -> new Fault(role, blow)))
              .toList()
          : List.of(
              new Fault(Role.LEADER, Blow.KILLED),
              new Fault(Role.CONTROLLER, Blow.RESTARTED),
              new Fault(Role.COORDINATOR, Blow.FROZEN));

  @Test
  void whicheverBrokerFailsTheWeightsAreThoseOfARunWhereNoneDid() throws Exception {
    try (KafkaNodes nodes = new KafkaNodes(directory, NODES);
        LearningStream stream = new LearningStream(directory, 1, nodes.bootstrapServers())) {
      Running producer = stream.produce("digits", Form.SEED, Integer.MAX_VALUE, IMAGES_PER_SECOND);
      Running service = stream.serve("a");
      KafkaNodes.await(stream::committed, committed -> committed > 0);
      assertThat(nodes.minInSync())
          .containsKeys("streamgrad.images", "__consumer_offsets", "__transaction_state")
          .allSatisfy((topic, minimum) -> assertThat(minimum).as(topic).isEqualTo("2"));
      Map<Role, Long> unfinished = new EnumMap<>(Role.class);
      for (Fault fault : FAULTS) {
        unfinished.merge(fault.role, strike(fault, nodes, stream, service), Long::sum);
        assertThat(service.isAlive()).as(service.output()).isTrue();
        assertThat(producer.isAlive()).as(producer.output()).isTrue();
      }
      long records = stream.finish(producer, service);

      for (Map.Entry<Role, Long> role : unfinished.entrySet()) {
        List<String> blows = blows(role.getKey());
        Reliability.row(
            Reliability.Table.FAULTS,
            "one of three brokers, %s: %s".formatted(role.getKey().text, String.join(", ", blows)),
            Form.SEED,
            blows.size(),
            records,
            role.getValue(),
            "agrees");
      }
    }
  }

  private static List<String> blows(Role role) {
    return FAULTS.stream()
        .filter(fault -> fault.role == role)
        .map(fault -> fault.blow.name().toLowerCase(Locale.ROOT))
        .toList();
  }

  /**
   * One fault, which lasts until another node has taken the role, and in the long form until the
   * other two have done what was waiting, whose time is measured.
   *
   * @return how many batches waited when it struck
   */
  private static long strike(Fault fault, KafkaNodes nodes, LearningStream stream, Running service)
      throws Exception {
    nodes.awaitInSync();
    KafkaNode node = KafkaNodes.await(() -> fault.role.holder(nodes), found -> true);
    long lag = KafkaNodes.await(stream::lag, waiting -> waiting > 0);
    long struck = System.nanoTime();
    node.process().signal(fault.blow.signal);
    KafkaNodes.await(() -> fault.role.holder(nodes), now -> now != node);
    long end = KafkaNodes.await(stream::records, records -> true);
    if (Form.LONG) {
      stream.awaitCommitted(end, KafkaNodes.PATIENCE, service);
      Reliability.row(
          Reliability.Table.BROKERS,
          "%s, %s".formatted(fault.role.text, fault.blow.name().toLowerCase(Locale.ROOT)),
          Duration.ofNanos(System.nanoTime() - struck).toSeconds());
    }
    fault.blow.end(node);
    stream.awaitCommitted(end, KafkaNodes.PATIENCE, service);
    return lag;
  }
}
