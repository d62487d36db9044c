package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.wire.DeadLetterHeaders;
import io.streamgrad.wire.MessageReader;
import io.streamgrad.wire.ModelPartitions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Sends commands to a model, and waits for what comes of them. One thread. */
final class CommandSender implements AutoCloseable {
  private final ServiceConfig config;
  private final String model;
  private final TopicTail answers;
  private final MessageReader<Applied> reader = new MessageReader<>(Applied.getDefaultInstance());

  /**
   * Stands at the end of the topics that an answer may come in.
   *
   * @throws KafkaException if no broker answers, or a topic is missing
   */
  CommandSender(ServiceConfig config, String model) throws InterruptedException {
    Brokers.requireOne(config);
    this.config = config;
    this.model = model;
    answers =
        new TopicTail(
            config.kafka().outsideTheGroup(),
            List.of(config.topics().applied(), config.topics().deadLetters()),
            false);
  }

  /**
   * Sends commands that are one together.
   *
   * @return what came of the last, or of the first one that was refused
   * @throws IllegalStateException if one became a dead letter, or nothing came of the last in time
   * @throws KafkaException if they could not be sent
   */
  Applied send(List<Command> commands, Duration timeout) throws InterruptedException {
    List<RecordMetadata> sent = send(commands);
    RecordMetadata last = sent.get(sent.size() - 1);
    long deadline = System.nanoTime() + timeout.toNanos();
    while (System.nanoTime() < deadline) {
      for (ConsumerRecord<byte[], byte[]> record : answers.poll()) {
        Applied applied = read(record, sent);
        if (applied != null
            && (applied.getOutcome() == Applied.Outcome.REFUSED
                || applied.getCommand().getOffset() == last.offset())) {
          return applied;
        }
      }
    }
    throw new IllegalStateException(
        "nothing came of the command %s-%d@%d within %d s; it is not lost, and takes effect when the service comes to it. See whether the service runs (/readyz), whether its topics.commands is %s, and what \"streamgrad watch applied\" shows; the same command with --id %s has no second effect"
            .formatted(
                last.topic(),
                last.partition(),
                last.offset(),
                timeout.toSeconds(),
                last.topic(),
                commands.get(0).getId()));
  }

  private List<RecordMetadata> send(List<Command> commands) throws InterruptedException {
    Map<String, Object> settings = new HashMap<>(config.kafka().client("producer"));
    settings.keySet().removeAll(List.of("client.id", "transaction.timeout.ms"));
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true); // and so in order
    String topic = config.topics().commands();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      int partition = new ModelPartitions(config, producer.partitionsFor(topic).size()).of(model);
      List<Future<RecordMetadata>> underWay = new ArrayList<>();
      for (Command command : commands) {
        underWay.add(
            producer.send(
                new ProducerRecord<>(
                    topic,
                    partition,
                    model.getBytes(StandardCharsets.UTF_8),
                    command.toByteArray())));
      }
      List<RecordMetadata> sent = new ArrayList<>();
      for (Future<RecordMetadata> each : underWay) {
        sent.add(each.get());
      }
      return sent;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TopicAuthorizationException) {
        throw notAllowed(topic);
      }
      throw new KafkaException("the command could not be sent: " + Failures.message(e), e);
    } catch (TopicAuthorizationException e) {
      throw notAllowed(topic);
    }
  }

  private static KafkaException notAllowed(String topic) {
    return new KafkaException(
        "not authorized: sending commands needs Write on Topic %s".formatted(topic));
  }

  private @Nullable Applied read(ConsumerRecord<byte[], byte[]> record, List<RecordMetadata> sent) {
    if (record.topic().equals(config.topics().deadLetters())) {
      sent.forEach(each -> requireAnother(record, each));
      return null;
    }
    try {
      Applied applied = reader.deserialize(record.topic(), record.headers(), record.value());
      InputPosition of = applied.getCommand();
      boolean ours =
          sent.stream()
              .anyMatch(
                  each ->
                      of.getTopic().equals(each.topic())
                          && of.getPartition() == each.partition()
                          && of.getOffset() == each.offset());
      return ours ? applied : null;
    } catch (SerializationException e) {
      return null; // somebody else's
    }
  }

  private static void requireAnother(ConsumerRecord<byte[], byte[]> letter, RecordMetadata sent) {
    if (sent.topic().equals(DeadLetterHeaders.text(letter.headers(), DeadLetterHeaders.TOPIC))
        && Integer.toString(sent.partition())
            .equals(DeadLetterHeaders.text(letter.headers(), DeadLetterHeaders.PARTITION))
        && Long.toString(sent.offset())
            .equals(DeadLetterHeaders.text(letter.headers(), DeadLetterHeaders.OFFSET))) {
      throw new IllegalStateException(
          "the command became a dead letter: %s"
              .formatted(DeadLetterHeaders.text(letter.headers(), DeadLetterHeaders.MESSAGE)));
    }
  }

  @Override
  public void close() {
    answers.close();
  }
}
