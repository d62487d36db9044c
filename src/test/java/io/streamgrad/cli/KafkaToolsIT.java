package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.embedded.EmbeddedBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's own command-line tools, called as the documents say, on a real broker. */
class KafkaToolsIT {
  private static final Map<String, String> TOOLS =
      Map.of(
          "kafka-topics.sh", "org.apache.kafka.tools.TopicCommand",
          "kafka-consumer-groups.sh", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
          "kafka-transactions.sh", "org.apache.kafka.tools.TransactionsCommand");

  @TempDir private Path directory;

  @Test
  void everyCallInTheDocumentsWorksAsItStandsThere() throws Exception {
    List<String> calls = new ArrayList<>();
    for (String tool : TOOLS.keySet()) {
      calls.addAll(Documents.commands(tool));
    }
    assertThat(calls).hasSizeGreaterThanOrEqualTo(3);

    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("streamgrad.images", 1, (short) 1),
                  new NewTopic("streamgrad-weights-changelog", 1, (short) 1)))
          .all()
          .get();
      putOnThePath();
      for (String call : calls) {
        String printed =
            run(
                call.replace("kafka:9092", broker.bootstrapServers())
                    .replace("NEW", "streamgrad-new")
                    .replaceAll("\\bN\\b", "0"));
        assertThat(printed).as(call).doesNotContainIgnoringCase("error");
      }
    }
  }

  /** A script for each tool, as Kafka's distribution has it. */
  private void putOnThePath() throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    for (Map.Entry<String, String> tool : TOOLS.entrySet()) {
      Files.writeString(
          Files.createFile(
              directory.resolve(tool.getKey()),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))),
          "#!/bin/sh\nexec %s -cp '%s' %s \"$@\"\n"
              .formatted(java, System.getProperty("java.class.path"), tool.getValue()));
    }
  }

  private String run(String call) throws IOException, InterruptedException {
    Path output = directory.resolve("output.txt");
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-c", call)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().merge("PATH", directory.toString(), (path, ours) -> ours + ":" + path);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(call).isTrue();
      String printed = Files.readString(output);
      assertThat(process.exitValue()).as(call + ": " + printed).isZero();
      return printed;
    } finally {
      process.destroyForcibly();
    }
  }
}
