package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;

/**
 * One node of a Kafka release, broker and controller, in a process of its own with the jars that
 * Maven Central has of it. Its settings are the release's defaults, but for what one node needs.
 */
final class ReleasedBroker implements AutoCloseable {
  private static final List<String> JVM = List.of("-Xmx512m", "-XX:TieredStopAtLevel=1");
  private static final Path CLASS_PATHS = Path.of("target", "kafka").toAbsolutePath();
  private static final String POM =
      """
      <project xmlns="http://maven.apache.org/POM/4.0.0">
        <modelVersion>4.0.0</modelVersion>
        <groupId>io.streamgrad</groupId>
        <artifactId>kafka</artifactId>
        <version>1</version>
        <dependencies>
          <dependency>
            <groupId>org.apache.kafka</groupId>
            <artifactId>kafka_2.13</artifactId>
            <version>%s</version>
          </dependency>
        </dependencies>
      </project>
      """;

  private final String address = "127.0.0.1:" + Ports.free();
  private final Running process;

  /**
   * Starts one and returns when it serves requests.
   *
   * @param directory for what it keeps
   *     <p>Ends the test as aborted if Maven can't get its jars.
   */
  ReleasedBroker(Path directory, String version) throws Exception {
    String classPath = classPath(version);
    Path settings = Files.writeString(directory.resolve("broker.properties"), settings(directory));
    try (Running format =
        Running.program(
            directory,
            classPath,
            JVM,
            "kafka.tools.StorageTool",
            List.of("format", "-t", Uuid.randomUuid().toString(), "-c", settings.toString()))) {
      assertThat(format.exit(Duration.ofMinutes(1))).as(format.output()).isZero();
    }
    process =
        Running.program(directory, classPath, JVM, "kafka.Kafka", List.of(settings.toString()));
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
      admin.describeCluster().nodes().get();
    } catch (ExecutionException e) {
      process.close();
      throw new AssertionError(process.output(), e);
    }
  }

  /** Where clients connect. */
  String address() {
    return address;
  }

  /** Asked of Maven once for each version, until target is removed. */
  private static String classPath(String version) throws IOException, InterruptedException {
    Path directory = Files.createDirectories(CLASS_PATHS.resolve(version));
    Path classPath = directory.resolve("classpath");
    if (!Files.exists(classPath)) {
      Files.writeString(directory.resolve("pom.xml"), POM.formatted(version));
      Path asked = directory.resolve("classpath.new");
      Maven.run(
          directory,
          "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath",
          "-DincludeScope=runtime",
          "-Dmdep.outputFile=" + asked);
      Files.move(asked, classPath);
    }
    return Files.readString(classPath);
  }

  private String settings(Path directory) {
    String controller = "127.0.0.1:" + Ports.free();
    return """
    process.roles=broker,controller
    node.id=1
    log.dirs=%s
    listeners=BROKER://%s,CONTROLLER://%s
    listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
    inter.broker.listener.name=BROKER
    controller.listener.names=CONTROLLER
    controller.quorum.voters=1@%s
    offsets.topic.replication.factor=1
    transaction.state.log.replication.factor=1
    transaction.state.log.min.isr=1
    group.initial.rebalance.delay.ms=0
    """
        .formatted(directory.resolve("kafka"), address, controller, controller);
  }

  @Override
  public void close() {
    process.close();
  }
}
