package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Documents;
import io.streamgrad.embedded.EmbeddedBroker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's own command-line tools, called as the documents say, on a real broker. */
class KafkaToolsIT {
  @TempDir private Path directory;
  @TempDir private Path kafka;

  @Test
  void everyCallInTheDocumentsWorksAsItStandsThere() throws Exception {
    List<String> calls = new ArrayList<>();
    for (String tool : Tools.OF_KAFKA.keySet()) {
      calls.addAll(Documents.commands(tool));
    }
    assertThat(calls).hasSizeGreaterThanOrEqualTo(3);

    try (EmbeddedBroker broker = EmbeddedBroker.start(kafka, 0);
        Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("streamgrad.images", 1, (short) 1),
                  new NewTopic("streamgrad-weights-changelog", 1, (short) 1)))
          .all()
          .get();
      admin
          .alterConsumerGroupOffsets(
              "streamgrad",
              Map.of(new TopicPartition("streamgrad.images", 0), new OffsetAndMetadata(0)))
          .all()
          .get();
      Tools tools = new Tools(directory);
      for (String call : calls) {
        String printed =
            tools.run(
                call.replace("kafka:9092", broker.bootstrapServers())
                    .replace("NEW", "streamgrad-new")
                    .replaceAll("\\bN\\b", "0"));
        assertThat(printed).as(call).doesNotContainIgnoringCase("error");
      }
    }
  }
}
