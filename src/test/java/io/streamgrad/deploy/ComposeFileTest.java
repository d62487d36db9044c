package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.streamgrad.streams.runtime.StreamsService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What can be said of docker-compose.yml without Docker. */
class ComposeFileTest {
  private JsonNode file;

  @BeforeEach
  void read() throws IOException {
    file = new YAMLMapper().readTree(Path.of("docker-compose.yml").toFile());
  }

  private Set<Map.Entry<String, JsonNode>> services() {
    return file.get("services").properties();
  }

  @Test
  void everyPortIsThisMachinesOnly() {
    for (Map.Entry<String, JsonNode> service : services()) {
      for (JsonNode port : service.getValue().path("ports")) {
        assertThat(port.asText()).as(service.getKey()).startsWith("127.0.0.1:");
      }
    }
  }

  @Test
  void everyImageIsOneVersionOrBuiltHere() {
    for (Map.Entry<String, JsonNode> service : services()) {
      String image = service.getValue().get("image").asText();
      assertThat(image)
          .as(service.getKey())
          .matches("streamgrad|[a-z/]+:v?[0-9]+\\.[0-9]+\\.[0-9]+");
    }
  }

  @Test
  void theServiceCanBeScaled() {
    JsonNode service = file.at("/services/streamgrad");

    assertThat(service.has("container_name")).isFalse();
    assertThat(service.has("volumes")).isFalse(); // each has one of its own, as the image says
    assertThat(service.at("/ports/0").asText()).isEqualTo("127.0.0.1::8080");
  }

  @Test
  void theServiceHasTimeToStop() {
    assertThat(file.at("/services/streamgrad/stop_grace_period").asText())
        .isEqualTo(StreamsService.GRACE_PERIOD.toSeconds() + "s");
  }

  @Test
  void dependenciesAreHealthyFirst() {
    for (Map.Entry<String, JsonNode> service : services()) {
      for (JsonNode condition : service.getValue().path("depends_on")) {
        assertThat(condition.get("condition").asText()).isEqualTo("service_healthy");
      }
    }
  }

  @Test
  void volumesAreNamedOrFilesOfThisRepository() {
    Set<String> named =
        file.get("volumes").propertyStream().map(Map.Entry::getKey).collect(Collectors.toSet());
    for (Map.Entry<String, JsonNode> service : services()) {
      for (JsonNode volume : service.getValue().path("volumes")) {
        String[] parts = volume.asText().split(":");
        if (parts[0].startsWith("./")) {
          assertThat(Files.exists(Path.of(parts[0]))).as(parts[0]).isTrue();
          assertThat(parts).as(parts[0]).endsWith("ro");
        } else {
          assertThat(named).contains(parts[0]);
        }
      }
    }
  }
}
