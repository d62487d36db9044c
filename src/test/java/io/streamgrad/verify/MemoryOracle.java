package io.streamgrad.verify;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** The oracle over topics of one partition that are in memory. */
public final class MemoryOracle {
  private final ServiceConfig config;
  private final ChangelogView stored;
  private final Map<String, List<ConsumerRecord<byte[], byte[]>>> topics;
  private final String topicId;
  private final Findings findings = new Findings();
  private final Subject subject;

  /**
   * What is to be judged.
   *
   * @param topics all committed records, by topic; none has lost its start
   * @param topicId of the images topic
   */
  public MemoryOracle(
      ServiceConfig config,
      ChangelogView stored,
      Map<String, List<ConsumerRecord<byte[], byte[]>>> topics,
      String topicId) {
    this.config = config;
    this.stored = stored;
    this.topics = topics;
    this.topicId = topicId;
    PlacementHistory then = new PlacementHistory(config, 1, stored.followers());
    subject =
        new Subject(new TopicPartition(config.topics().images(), 0), 1, name -> true)
            .without(then.withoutSettings());
  }

  /** All that it finds wrong, for a person to read. */
  public List<String> verify() {
    TopicPartition images = subject.input();
    Set<String> names = new HashSet<>();
    stored
        .records()
        .keySet()
        .forEach(
            key -> {
              String model = ChangelogView.model(key.bytes());
              if (model != null) {
                names.add(model);
              }
            });
    ChangelogView judged = new ChangelogView();
    stored
        .records()
        .forEach(
            (key, value) -> {
              String model = ChangelogView.model(key.bytes());
              if (model == null || subject.models().test(model)) {
                judged.put(key.bytes(), value);
              }
            });
    boolean hasLabels = config.topics().hasLabels();
    long end = end(config.topics().images());
    PastImages past =
        hasLabels ? new PastImages(from -> cursor(config.topics().images(), from)) : null;
    Replay replay =
        new Replay(
            config,
            new PlacementHistory(config, 1, stored.followers()),
            subject.models(),
            names,
            new InitialSpecs(config, stored.earlierSettings(), topicId),
            past,
            judged::tagged);
    Beginnings beginnings = new Beginnings(images, 0, AdoptionHistory.NONE, replay);
    PartitionVerification partition =
        new PartitionVerification(
            images, beginnings, AdoptionHistory.NONE, false, replay, config, findings);
    LabelsRange range =
        config.topics().hasApplied()
            ? new LabelsRange(
                0,
                hasLabels ? end(config.topics().labels()) : 0,
                0,
                0,
                config.topics().hasCommands() ? end(config.topics().commands()) : 0)
            : LabelsRange.NONE;
    partition.take(judged, true);
    ReplayRange looked = ReplayRange.of(0, end, end, Long.MAX_VALUE);
    try (LogCursor batches = cursor(config.topics().images(), 0);
        Outputs<PredictionBatch> predictions =
            outputs(config.topics().predictions(), end, new PredictionReader(subject));
        Outputs<String> letters = letters(subject, end);
        Outputs<ModelSnapshot> snapshots = snapshots(end);
        AppliedVerification applied = applied(replay, beginnings, past, range)) {
      partition.run(batches, predictions, letters, snapshots, applied, end);
      partition.finish(predictions, letters, snapshots, looked);
      partition.finishApplied();
    }
    return findings.kept().stream().map(Disagreement::toString).toList();
  }

  private @Nullable AppliedVerification applied(
      Replay replay, Beginnings beginnings, @Nullable PastImages past, LabelsRange range) {
    if (!config.topics().hasApplied()) {
      return null;
    }
    TopicPartition labels = new TopicPartition(config.topics().labels(), 0);
    TopicPartition commands = new TopicPartition(config.topics().commands(), 0);
    return new AppliedVerification(
        labels,
        past == null ? null : cursor(labels.topic(), 0),
        cursor(config.topics().applied(), 0),
        config.topics().hasCommands()
            ? new CommandsVerification(
                commands,
                cursor(commands.topic(), 0),
                letters(new Subject(commands, 1, subject.models()), end(commands.topic())),
                replay,
                beginnings,
                0,
                range.commandsCommitted(),
                false,
                findings)
            : null,
        past == null
            ? null
            : letters(new Subject(labels, 1, subject.models()), end(labels.topic())),
        findings::foreign,
        replay,
        beginnings,
        past,
        range,
        findings);
  }

  private Outputs<ModelSnapshot> snapshots(long end) {
    return outputs(config.topics().snapshots(), end, new SnapshotReader(subject));
  }

  private Outputs<String> letters(Subject of, long end) {
    return outputs(
        config.topics().deadLetters(), end, new DeadLetterReader(of, config.defaultModel()));
  }

  private <T> Outputs<T> outputs(String topic, long end, Outputs.Reader<T> reader) {
    return new Outputs<>(
        List.of(new OutputPartition<>(cursor(topic, 0), end, reader, findings::foreign)), false);
  }

  private long end(String topic) {
    return topics.getOrDefault(topic, List.of()).size();
  }

  private LogCursor cursor(String topic, long start) {
    MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
    TopicPartition partition = new TopicPartition(topic, 0);
    LogCursor cursor =
        new LogCursor(consumer, partition, start, end(topic), Duration.ofSeconds(10));
    consumer.updateBeginningOffsets(Map.of(partition, 0L));
    for (ConsumerRecord<byte[], byte[]> record : topics.getOrDefault(topic, List.of())) {
      if (record.offset() >= start) {
        consumer.addRecord(record);
      }
    }
    return cursor;
  }
}
