package io.streamgrad.deploy;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HealthCheck;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Image;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.ImageFromDockerfile;

/** What tests need of a Docker engine. */
final class Docker {
  /** Where the jars come from: an image of Maven, on which the rest does not depend. */
  private static final Pattern BUILD_STAGE =
      Pattern.compile(
          "^FROM maven:\\S+ AS build\n.*?(?=^FROM )", Pattern.MULTILINE | Pattern.DOTALL);

  private static final List<String> BUILT =
      List.of(
          "LICENSE",
          "NOTICE",
          "jvm.options",
          "jvm-24.options",
          "streamgrad",
          "src/main/docker/healthcheck",
          "target/lib",
          "target/lib-embedded",
          "target/streamgrad.jar");

  /** The image's program for health checks asks whether the service is ready, every second. */
  private static final HealthCheck READY =
      new HealthCheck()
          .withTest(List.of("CMD", "/opt/streamgrad/healthcheck", "/readyz"))
          .withInterval(Duration.ofSeconds(1).toNanos())
          .withStartPeriod(Duration.ofMillis(1).toNanos());

  private static @Nullable String image; // guarded by the class

  private Docker() {}

  /** Whether there is an engine: for JUnit's EnabledIf. */
  static boolean answers() {
    return DockerClientFactory.instance().isDockerAvailable();
  }

  /**
   * The image of all stages but the first, with what Maven built here. Built when first asked for,
   * and removed when the JVM ends.
   */
  static synchronized String image() {
    if (image == null) {
      ImageFromDockerfile building =
          new ImageFromDockerfile("streamgrad-it-" + UUID.randomUUID(), false)
              .withFileFromString("Dockerfile", dockerfile());
      for (String path : BUILT) {
        building.withFileFromPath(path, Path.of(path));
      }
      String built = building.get();
      DockerClient client = DockerClientFactory.instance().client();
      removeTrainingStages(client);
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> client.removeImageCmd(built).withForce(true).exec()));
      image = built;
    }
    return image;
  }

  private static String dockerfile() {
    try {
      String all = Files.readString(Path.of("Dockerfile"));
      return BUILD_STAGE.matcher(all).replaceFirst("FROM scratch AS build\nCOPY . /src\n\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A builder that is not BuildKit leaves them behind. */
  private static void removeTrainingStages(DockerClient client) {
    for (Image stage :
        client
            .listImagesCmd()
            .withDanglingFilter(true)
            .withLabelFilter("io.streamgrad.stage=training")
            .exec()) {
      client.removeImageCmd(stage.getId()).exec();
    }
  }

  /** A network whose containers publish their ports for this machine only. */
  static Network network() {
    return Network.builder()
        .createNetworkCmdModifier(
            cmd ->
                cmd.withOptions(Map.of("com.docker.network.bridge.host_binding_ipv4", "127.0.0.1")))
        .build();
  }

  /** A container of the image, as confined as OPERATIONS.md says that it may be. */
  static GenericContainer<?> confined(Network network, String... command) {
    return new GenericContainer<>(image())
        .withNetwork(network)
        .withExposedPorts(8080)
        .withTmpFs(Map.of("/tmp", "exec,size=128m"))
        .withCreateContainerCmdModifier(
            cmd -> {
              cmd.withHealthcheck(READY);
              HostConfig host = cmd.getHostConfig();
              host.withReadonlyRootfs(true)
                  .withCapDrop(Capability.ALL)
                  .withSecurityOpts(List.of("no-new-privileges"))
                  .withMemory(768L << 20);
            })
        .withCommand(command)
        .waitingFor(Wait.forHealthcheck().withStartupTimeout(Duration.ofMinutes(2)));
  }

  /** Sends SIGTERM, and SIGKILL once the grace period is over; returns the exit code. */
  static long stop(GenericContainer<?> container) {
    DockerClient client = container.getDockerClient();
    client.stopContainerCmd(container.getContainerId()).withTimeout(45).exec();
    return client
        .inspectContainerCmd(container.getContainerId())
        .exec()
        .getState()
        .getExitCodeLong();
  }
}
