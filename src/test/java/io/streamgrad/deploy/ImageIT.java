package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.model.ContainerConfig;
import com.github.dockerjava.api.model.HealthCheck;
import io.streamgrad.Alone;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.startupcheck.OneShotStartupCheckStrategy;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.kafka.KafkaContainer;

/** The image that the Dockerfile makes, and the scenarios with it and Kafka's own image. */
@EnabledIf(
    value = "io.streamgrad.deploy.Docker#answers",
    disabledReason = "no Docker engine answers")
@Alone
class ImageIT extends Scenarios {
  private static Network network;
  private static KafkaContainer kafka;

  @BeforeAll
  static void startKafka() {
    network = Docker.network();
    kafka =
        new KafkaContainer("apache/kafka:4.4.0").withNetwork(network).withListener("kafka:19092");
    kafka.start();
  }

  @AfterAll
  static void stopKafka() {
    kafka.close();
    network.close();
  }

  @Override
  String server() {
    return kafka.getBootstrapServers();
  }

  @Override
  AutoCloseable serve(List<String> settings) {
    GenericContainer<?> service = Docker.confined(network, arguments(settings));
    service.start();
    return () -> {
      try (service) {
        assertThat(Docker.stop(service)).as(service.getLogs()).isEqualTo(143);
      }
    };
  }

  private static String[] arguments(List<String> settings) {
    List<String> arguments =
        new ArrayList<>(List.of("serve", "-c", "kafka.bootstrap.servers=kafka:19092"));
    settings.forEach(setting -> arguments.addAll(List.of("-c", setting)));
    return arguments.toArray(new String[0]);
  }

  @Test
  void theFirstProcessIsTheJvmAndNobodysAndSigtermMakesItLeaveItsGroup() throws Exception {
    String group = "leaves";
    try (GenericContainer<?> service =
            Docker.confined(
                network, arguments(List.of("application-id=" + group, "topics.create=true")));
        Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", server()))) {
      service.start();

      InspectContainerResponse running = service.getContainerInfo();
      assertThat(running.getHostConfig().getReadonlyRootfs()).isTrue();
      assertThat(processes(service))
          .filteredOn(process -> process.get(1).equals(Long.toString(pid(service))))
          .singleElement()
          .satisfies(
              process -> {
                assertThat(process.get(0)).isEqualTo("10001");
                assertThat(process.get(7)).startsWith("java @/opt/streamgrad/jvm.options ");
              });
      assertThat(members(admin, group)).isEqualTo(1);

      assertThat(Docker.stop(service)).isEqualTo(143);

      // One that has been killed stays a member for six seconds.
      assertThat(members(admin, group)).isZero();
      assertThat(service.getLogs()).contains("Kafka Streams is NOT_RUNNING");
    }
  }

  private static long pid(GenericContainer<?> container) {
    return container.getCurrentContainerInfo().getState().getPidLong();
  }

  /** UID, PID, PPID, C, STIME, TTY, TIME, CMD of each. */
  private static List<List<String>> processes(GenericContainer<?> container) {
    return Stream.of(
            container
                .getDockerClient()
                .topContainerCmd(container.getContainerId())
                .withPsArgs("-ef")
                .exec()
                .getProcesses())
        .map(List::of)
        .toList();
  }

  private static int members(Admin admin, String group) throws Exception {
    return admin.describeConsumerGroups(List.of(group)).all().get().values().stream()
        .mapToInt(description -> description.members().size())
        .sum();
  }

  @Test
  void anInstanceThatWaitsForKafkaIsHealthyAndNotReady() throws Exception {
    try (GenericContainer<?> service =
        Docker.confined(network, "serve", "-c", "kafka.bootstrap.servers=127.0.0.1:1")
            .waitingFor(Wait.forLogMessage(".*not ready: waiting for Kafka.*", 1))) {
      service.start();

      assertThat(healthCheck().getTest()).containsExactly("CMD", "/opt/streamgrad/healthcheck");
      assertThat(service.execInContainer("/opt/streamgrad/healthcheck").getExitCode()).isZero();
      assertThat(service.execInContainer("/opt/streamgrad/healthcheck", "/readyz"))
          .satisfies(
              answer -> {
                assertThat(answer.getExitCode()).isEqualTo(1);
                assertThat(answer.getStdout()).startsWith("waiting for Kafka at 127.0.0.1:1");
              });
    }
  }

  /** As with Kubernetes' probe: a minute without an answer, which a busy machine may take. */
  @Test
  void theHealthCheckHasAsMuchPatienceAsTheLivenessProbe() throws IOException {
    JsonNode probe =
        Manifests.read("base", "statefulset.yaml")
            .get(0)
            .at("/spec/template/spec/containers/0/livenessProbe");

    assertThat(healthCheck().getRetries()).isEqualTo(probe.get("failureThreshold").asInt());
    assertThat(healthCheck().getInterval())
        .isEqualTo(Duration.ofSeconds(probe.get("periodSeconds").asInt()).toNanos());
  }

  private static HealthCheck healthCheck() {
    return DockerClientFactory.instance()
        .client()
        .inspectImageCmd(Docker.image())
        .exec()
        .getConfig()
        .getHealthcheck();
  }

  @Test
  void theCommandsAreOnThePath() throws Exception {
    try (GenericContainer<?> service =
        Docker.confined(network, arguments(List.of("topics.create=true")))) {
      service.start();

      var answer = service.execInContainer("streamgrad", "topology");

      assertThat(answer.getExitCode()).as(answer.getStderr()).isZero();
      assertThat(answer.getStdout()).contains("streamgrad.images");
    }
  }

  @Test
  void theCacheOfClassesFitsTheImage() {
    // With this mode, the JVM refuses to start without it.
    try (GenericContainer<?> container =
        Docker.confined(network, "--version")
            .withEnv("JDK_JAVA_OPTIONS", "-XX:AOTMode=on")
            .withStartupCheckStrategy(
                new OneShotStartupCheckStrategy().withTimeout(Duration.ofMinutes(1)))
            .waitingFor(Wait.forLogMessage("(?s).*streamgrad .*", 1))) {
      container.start();

      assertThat(container.getLogs()).contains("streamgrad 0").doesNotContain("[aot]");
    }
  }

  @Test
  void theImageHoldsTheServiceAndNoBroker() throws IOException {
    List<String> files = new ArrayList<>();
    try (GenericContainer<?> container = Docker.confined(network, "--version");
        InputStream archive = copy(container, "/opt/streamgrad");
        TarArchiveInputStream tar = new TarArchiveInputStream(archive)) {
      for (TarArchiveEntry each = tar.getNextEntry(); each != null; each = tar.getNextEntry()) {
        if (each.isFile()) {
          files.add(Path.of("streamgrad").relativize(Path.of(each.getName())).toString());
        }
      }
    }

    List<String> expected =
        new ArrayList<>(
            List.of(
                "LICENSE",
                "NOTICE",
                "jvm.options",
                "jvm-24.options",
                "streamgrad",
                "healthcheck",
                "streamgrad.aot",
                "streamgrad.jar"));
    try (Stream<Path> libraries = Files.list(Path.of("target", "lib"))) {
      libraries.forEach(library -> expected.add("lib/" + library.getFileName()));
    }
    assertThat(files).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(files)
        .noneMatch(file -> file.contains("kafka_2.13") || file.contains("kafka-server"));
  }

  private static InputStream copy(GenericContainer<?> container, String path) {
    container.withStartupCheckStrategy(new OneShotStartupCheckStrategy());
    container.waitingFor(Wait.forLogMessage("(?s).*streamgrad .*", 1)).start();
    return container
        .getDockerClient()
        .copyArchiveFromContainerCmd(container.getContainerId(), path)
        .exec();
  }

  @Test
  void theImageSaysWhatItIs() throws IOException {
    ContainerConfig config =
        DockerClientFactory.instance().client().inspectImageCmd(Docker.image()).exec().getConfig();
    Matcher version =
        Pattern.compile("<artifactId>streamgrad</artifactId>\\s*<version>(.+?)</version>")
            .matcher(Files.readString(Path.of("pom.xml")));

    assertThat(version.find()).isTrue();
    assertThat(config.getLabels())
        .containsEntry("org.opencontainers.image.title", "Streamgrad")
        .containsEntry("org.opencontainers.image.version", version.group(1))
        .containsEntry("org.opencontainers.image.licenses", "Apache-2.0 AND CC-BY-SA-3.0")
        .doesNotContainKey("io.streamgrad.stage");
    assertThat(config.getUser()).isEqualTo("10001:10001");
    assertThat(config.getVolumes()).containsOnlyKeys("/var/lib/streamgrad");
  }
}
