package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.streamgrad.Programs;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.embedded.EmbeddedBroker;
import io.streamgrad.metrics.ServiceMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Python clients that README shows, as they stand there. */
class PythonClientsIT {
  private static final Path SCRIPTS = Path.of("examples/python").toAbsolutePath();

  @TempDir private Path directory;

  @Test
  void pythonProducesBatchesAndConsumesTheirPredictions() throws Exception {
    Programs programs = new Programs(directory, Map.of());
    assumeTrue(programs.works("protoc", "--version"), "protoc is not installed");
    assumeTrue(
        programs.works(Programs.PYTHON, "-c", "import confluent_kafka, google.protobuf"),
        "Python's confluent_kafka and protobuf are not installed");
    programs.run(
        "protoc", "-I" + Path.of("src/main/proto").toAbsolutePath(), "--python_out=.", proto());

    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        ServiceMetrics metrics = new ServiceMetrics(config(broker), List.of());
        StreamsService service = StreamsService.start(config(broker), metrics)) {
      programs.run(
          Programs.PYTHON, SCRIPTS.resolve("produce.py").toString(), broker.bootstrapServers());
      String printed =
          programs.run(
              Programs.PYTHON,
              SCRIPTS.resolve("consume.py").toString(),
              broker.bootstrapServers(),
              "4");

      assertThat(service.isRunning()).isTrue();
      assertThat(printed.lines())
          .hasSize(4)
          .satisfies(
              lines -> {
                for (int i = 0; i < 4; i++) {
                  assertThat(lines.get(i)).startsWith("from-python v%d batch-%d [".formatted(i, i));
                }
              });
    }
  }

  @Test
  void readmeShowsTheseVeryPrograms() throws IOException {
    String readme = Files.readString(Path.of("README.md"));

    assertThat(readme).contains(Files.readString(SCRIPTS.resolve("produce.py")));
    assertThat(readme).contains(Files.readString(SCRIPTS.resolve("consume.py")));
  }

  private ServiceConfig config(EmbeddedBroker broker) {
    return ConfigLoader.load(
        null,
        Map.of(),
        Map.of(
            "kafka.bootstrap.servers", broker.bootstrapServers(),
            "state-dir", directory.resolve("streams").toString(),
            "topics.create", "true"));
  }

  private static String proto() {
    return "streamgrad/v1/streamgrad.proto";
  }
}
