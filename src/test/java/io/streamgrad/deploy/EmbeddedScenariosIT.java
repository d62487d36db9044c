package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import io.streamgrad.embedded.EmbeddedBroker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The scenarios with the embedded broker, and the service as a process. */
class EmbeddedScenariosIT extends Scenarios {
  @TempDir static Path kafka;
  private static EmbeddedBroker broker;

  @BeforeAll
  static void startKafka() {
    broker = EmbeddedBroker.start(kafka, 0);
  }

  @AfterAll
  static void stopKafka() {
    broker.close();
  }

  @Override
  String server() {
    return broker.bootstrapServers();
  }

  @Override
  AutoCloseable serve(List<String> settings) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("serve"));
    arguments.addAll(List.of("-c", "kafka.bootstrap.servers=" + server()));
    arguments.addAll(List.of("-c", "http.port=0", "-c", "http.health-port=0"));
    arguments.addAll(List.of("-c", "state-dir=" + directory.resolve("state")));
    settings.forEach(setting -> arguments.addAll(List.of("-c", setting)));
    Running service = new Running(directory, List.of(), Map.of(), arguments);
    service.awaitOutput("Kafka Streams is (RUNNING)");
    return () -> {
      try (service) {
        assertThat(service.terminate()).isEqualTo(143);
      }
    };
  }
}
