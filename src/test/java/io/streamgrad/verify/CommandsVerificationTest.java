package io.streamgrad.verify;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Command;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.CommandDecoder;
import io.streamgrad.wire.DeadLetter;
import io.streamgrad.wire.ImportCommands;
import io.streamgrad.wire.InputPositions;
import io.streamgrad.wire.ModelLimit;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class CommandsVerificationTest {
  private static final ServiceConfig CONFIG =
      ConfigLoader.load(
          null,
          Map.of(),
          Map.of(
              "kafka.bootstrap.servers",
              "none:1",
              "model.layers",
              "[4, 5, 3]",
              "models.max",
              "2",
              "topics.commands",
              "commands",
              "topics.applied",
              "applied"));
  private static final TopicPartition COMMANDS = new TopicPartition("commands", 0);

  private final ConsumerRecord<byte[], byte[]> piece =
      record("commands", 0, "c", ImportCommands.of("i", new byte[2000], 1024).get(0));
  private final Findings findings = new Findings();
  private final Subject subject = new Subject(COMMANDS, 1, name -> true);

  /** What is stored lacks models that are new, so that it does not tell of them. */
  private final Replay replay =
      new Replay(
          CONFIG,
          new PlacementHistory(CONFIG, 1, List.of()),
          subject.models(),
          Set.of(),
          new InitialSpecs(CONFIG, List.of(), ""),
          null,
          (name, tag) -> null);

  @Test
  void anImportTakesNoPlaceFromImagesThatCameBeforeIt() {
    ConsumerRecord<byte[], byte[]> pause =
        record("commands", 1, "a", Command.newBuilder().setId("p").setKind(Command.Kind.PAUSE));
    try (CommandsVerification commands =
        commands(List.of(piece, pause), List.of(letter(piece)), 1)) {
      assertThat(commands.next()).isZero();
      assertThat(replay.step(batch(0, "a")).get(0).bad()).isNull();
      assertThat(commands.next()).as("there is room").isZero();
      assertThat(replay.step(batch(1, "b")).get(0).bad()).isNull();
      assertThat(commands.next()).as("there is none any more").isEqualTo(1);
      commands.finish();
    }
    assertThat(findings.counts()).isEmpty();
    assertThat(findings.deadLetters()).isEqualTo(1);
  }

  @Test
  void anImportTakesAPlaceFromImagesThatComeAfterIt() {
    Applied held =
        Applied.newBuilder()
            .setModel("c")
            .setCommand(InputPositions.of("commands", 0, 0))
            .setCommandId("i")
            .setCommandKind(Command.Kind.IMPORT)
            .setOutcome(Applied.Outcome.HELD)
            .build();
    try (CommandsVerification commands = commands(List.of(piece), List.of(), 1)) {
      commands.take(held, "said");
      assertThat(replay.step(batch(0, "a")).get(0).bad()).isNull();
      assertThat(Objects.requireNonNull(replay.step(batch(1, "b")).get(0).bad()).reason())
          .isEqualTo(BadRecordException.Reason.TOO_MANY_MODELS);
      commands.finish();
    }
    assertThat(findings.counts()).isEmpty();
  }

  private CommandsVerification commands(
      List<ConsumerRecord<byte[], byte[]>> records,
      List<ConsumerRecord<byte[], byte[]>> letters,
      long committed) {
    TopicPartition images = new TopicPartition(CONFIG.topics().images(), 0);
    return new CommandsVerification(
        COMMANDS,
        cursor("commands", records),
        new Outputs<>(
            List.of(
                new OutputPartition<>(
                    cursor("letters", letters),
                    2,
                    new DeadLetterReader(subject, "default"),
                    findings::foreign)),
            false),
        replay,
        new Beginnings(images, 0, AdoptionHistory.NONE, replay),
        0,
        committed,
        false,
        findings);
  }

  private static ConsumerRecord<byte[], byte[]> letter(ConsumerRecord<byte[], byte[]> bad) {
    ModelLimit full = new ModelLimit(CONFIG, Set.of("a", "b"));
    BadRecordException why =
        catchThrowableOfType(
            BadRecordException.class,
            () -> full.check("c", CommandDecoder.decode(bad.headers(), bad.value())));
    DeadLetter letter =
        DeadLetter.of(
            bad.key(),
            bad.value(),
            bad.headers(),
            bad.timestamp(),
            InputPositions.of(bad.topic(), bad.partition(), bad.offset()),
            why,
            1 << 20);
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>("letters", 0, 0, letter.key(), letter.value());
    letter.headers().forEach(record.headers()::add);
    return record;
  }

  private static ConsumerRecord<byte[], byte[]> batch(long offset, String model) {
    byte[] value = TestBatches.labeled(1, 7).get(0).toByteArray();
    return new ConsumerRecord<>(CONFIG.topics().images(), 0, offset, model.getBytes(UTF_8), value);
  }

  private static ConsumerRecord<byte[], byte[]> record(
      String topic, long offset, String model, Command.Builder command) {
    return record(topic, offset, model, command.build());
  }

  private static ConsumerRecord<byte[], byte[]> record(
      String topic, long offset, String model, Command command) {
    return new ConsumerRecord<>(topic, 0, offset, model.getBytes(UTF_8), command.toByteArray());
  }

  private static LogCursor cursor(String topic, List<ConsumerRecord<byte[], byte[]>> records) {
    MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
    TopicPartition partition = new TopicPartition(topic, 0);
    LogCursor cursor =
        new LogCursor(consumer, partition, 0, records.size(), Duration.ofSeconds(10));
    consumer.updateBeginningOffsets(Map.of(partition, 0L));
    records.forEach(consumer::addRecord);
    return cursor;
  }
}
