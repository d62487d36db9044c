package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the service does for its users, wherever it and its Kafka run. */
@SuppressWarnings("try") // the service is used over Kafka
abstract class Scenarios {
  @TempDir Path directory;
  private List<String> settings = List.of();

  /** Where this machine reaches Kafka. */
  abstract String server();

  /** A service that is ready; closing it stops it in order. */
  abstract AutoCloseable serve(List<String> settings) throws Exception;

  @BeforeEach
  void nameGroupAndTopicsAnew() {
    String id = "it-" + UUID.randomUUID();
    settings =
        List.of(
            "application-id=" + id,
            "topics.create=true",
            "topics.images=" + id + ".images",
            "topics.predictions=" + id + ".predictions",
            "topics.metrics=" + id + ".metrics",
            "topics.dead-letters=" + id + ".dead-letters");
  }

  @Test
  void aServiceThatWasStoppedGoesOnWhereItWas() throws Exception {
    try (AutoCloseable unused = serve(settings)) {
      command(
          "produce", "--topic", topic("images"), "--limit", "3200", "-X", "compression.type=zstd");
      assertThat(tail("predictions", 200)).last().asString().contains("v199");
    }
    command("produce", "--topic", topic("images"), "--limit", "1600");
    try (AutoCloseable unused = serve(settings)) {
      assertThat(tail("predictions", 300)).last().asString().contains("v299");
    }

    assertThat(service("verify")).contains("agrees: 300 updates, 300 predictions");
  }

  @Test
  void aBadRecordIsADeadLetterAndNoLessIsLearned() throws Exception {
    try (AutoCloseable unused = serve(settings)) {
      command("produce", "--topic", topic("images"), "--limit", "320");
      Path other = images(directory.resolve("other"));
      command("produce", "--topic", topic("images"), "--dataset", other.toString());
      command("produce", "--topic", topic("images"), "--limit", "320");

      assertThat(tail("dead-letters", 1)).singleElement().asString().contains("wrong-shape");
      assertThat(tail("predictions", 40)).last().asString().contains("v39");
    }

    assertThat(service("verify")).contains("agrees: 40 updates, 40 predictions, 1 dead letter");
  }

  @Test
  void aNewGroupBeginsWhereItIsTold() throws Exception {
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", server()))) {
      admin.createTopics(List.of(new NewTopic(topic("images"), 1, (short) 1))).all().get();
      command("produce", "--topic", topic("images"), "--limit", "320");
      admin
          .alterConsumerGroupOffsets(
              id(), Map.of(new TopicPartition(topic("images"), 0), new OffsetAndMetadata(15)))
          .all()
          .get();
    }

    service("adopt", "--continue-at", "offset", "--reason", "without the first 15 batches");

    try (AutoCloseable unused = serve(settings)) {
      assertThat(tail("predictions", 5)).first().asString().contains("v0").contains("@15");
      assertThat(tail("predictions", 5)).last().asString().contains("v4").contains("@19");
    }

    assertThat(service("verify")).contains("agrees: 5 updates, 5 predictions");
  }

  /** The first so many committed records of an output topic, a line each. */
  private List<String> tail(String output, int count) throws Exception {
    return command(
            "watch",
            output,
            "--topic",
            topic(output),
            "--from-beginning",
            "--limit",
            Integer.toString(count))
        .lines()
        .toList();
  }

  /** A command that takes the service's configuration. */
  private String service(String... command) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(command));
    arguments.addAll(List.of("-c", "kafka.bootstrap.servers=" + server()));
    settings.forEach(setting -> arguments.addAll(List.of("-c", setting)));
    return run(arguments);
  }

  private String command(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--bootstrap-server", server()));
    return run(all);
  }

  private String run(List<String> arguments) throws Exception {
    Running.Ended ended = Running.run(directory, arguments.toArray(new String[0]));
    assertThat(ended.exit()).as(ended.output()).isZero();
    return ended.output();
  }

  private String topic(String output) {
    return id() + "." + output;
  }

  private String id() {
    return settings.get(0).substring("application-id=".length());
  }

  /** One image of two by two pixels, and its label. */
  private static Path images(Path directory) throws Exception {
    Files.createDirectories(directory);
    Files.write(
        directory.resolve("train-images-idx3-ubyte"),
        new byte[] {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4});
    Files.write(
        directory.resolve("train-labels-idx1-ubyte"), new byte[] {0, 0, 8, 1, 0, 0, 0, 1, 7});
    return directory;
  }
}
