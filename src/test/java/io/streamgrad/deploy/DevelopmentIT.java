package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Volume;
import io.streamgrad.Alone;
import io.streamgrad.Documents;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;

/** The containers of the overlay dev, with what their pods give them. */
@EnabledIf(
    value = "io.streamgrad.deploy.Docker#answers",
    disabledReason = "no Docker engine answers")
@Alone
class DevelopmentIT {
  @TempDir private Path directory;

  @Test
  void theServiceLearnsFromTheOverlaysKafkaWhatTheDocumentedCommandSends() throws Exception {
    Path overlay = Path.of("k8s", "overlays", "dev");
    JsonNode pod =
        Manifests.named("kafka", "StatefulSet", Manifests.build(directory, overlay))
            .at("/spec/template/spec");
    try (Network network = Docker.network();
        GenericContainer<?> kafka = kafka(pod, network);
        GenericContainer<?> service =
            Docker.confined(network, "serve", "--config", "/etc/streamgrad/streamgrad.yaml")
                .withCreateContainerCmdModifier(
                    cmd ->
                        cmd.getHostConfig()
                            .withBinds(
                                new Bind(
                                    overlay.resolve("streamgrad.yaml").toAbsolutePath().toString(),
                                    new Volume("/etc/streamgrad/streamgrad.yaml"),
                                    AccessMode.ro)))) {
      kafka.start();
      service.start(); // until it is ready

      assertThat(exec(service, documented())).contains("sent 1,600 images in 100 batches");
      assertThat(
              exec(
                  service,
                  "streamgrad watch predictions --bootstrap-server kafka:9092 --from-beginning"
                      + " --limit 100"))
          .contains("v99");
    }
  }

  /** What OPERATIONS.md has kubectl run in the service's container. */
  private static String documented() throws IOException {
    String exec = "kubectl -n streamgrad-dev exec streamgrad-0 -- ";
    return Documents.commands("kubectl").stream()
        .filter(command -> command.startsWith(exec))
        .map(command -> command.substring(exec.length()))
        .findFirst()
        .orElseThrow();
  }

  private static GenericContainer<?> kafka(JsonNode pod, Network network) {
    JsonNode container = pod.at("/containers/0");
    GenericContainer<?> kafka =
        new GenericContainer<>(container.get("image").asText())
            .withNetwork(network)
            .withNetworkAliases("kafka")
            .withCreateContainerCmdModifier(
                cmd -> {
                  cmd.withUser(
                      pod.at("/securityContext/runAsUser").asText()
                          + ":"
                          + pod.at("/securityContext/runAsGroup").asText());
                  cmd.getHostConfig().withCapDrop(Capability.ALL);
                })
            .waitingFor(Wait.forLogMessage(".*Kafka Server started.*", 1));
    for (JsonNode variable : container.get("env")) {
      kafka.addEnv(variable.get("name").asText(), variable.get("value").asText());
    }
    return kafka;
  }

  private static String exec(GenericContainer<?> container, String command) throws Exception {
    var answer = container.execInContainer("bash", "-c", command);
    assertThat(answer.getExitCode()).as(command + ": " + answer).isZero();
    return answer.getStdout() + answer.getStderr();
  }
}
