package io.streamgrad.streams.adopt;

import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.store.ChangelogEdit;
import io.streamgrad.store.InputPlace;
import io.streamgrad.streams.admin.Topics;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.streams.input.GroupMembers;
import io.streamgrad.streams.input.InputCheck;
import io.streamgrad.streams.input.InputLog;
import io.streamgrad.streams.input.InputLogs;
import io.streamgrad.streams.input.KafkaInputLog;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.learn.InputReplay;
import io.streamgrad.streams.settings.Answers;
import io.streamgrad.streams.settings.ChangelogSettings;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * Brings weights and input of a stopped service together, as a person decides: {@code streamgrad
 * adopt}. docs/decisions/0024. One thread.
 */
public final class Adoptions implements AutoCloseable {
  /** What counts. */
  public enum ContinueAt {
    /** The weights: the group's offset is set to where they are, and no batch is lost. */
    WEIGHTS,
    /** The group's offset: the weights are taken for those of that place. */
    OFFSET
  }

  private static final Duration POLL = Duration.ofMillis(200);

  private final ServiceConfig config;
  private final Admin admin;
  private final String changelog;
  private final List<PartitionAdoption> partitions = new ArrayList<>();

  /**
   * Looks at a service.
   *
   * @throws AdoptionException if it is not stopped
   * @throws TopicsException if its topics are missing or unfit
   * @throws KafkaException if Kafka can't be asked
   */
  public Adoptions(ServiceConfig config) {
    this.config = config;
    changelog = ChangelogReader.topic(config.applicationId());
    admin = Admin.create(StreamsProperties.admin(config));
    try {
      requireStopped();
      look();
    } catch (RuntimeException e) {
      admin.close();
      throw e;
    }
  }

  /** An instance that has failed, or was killed, stays in its group for a session. */
  private void requireStopped() {
    long deadline = System.nanoTime() + 2 * StreamsProperties.sessionTimeout(config).toNanos();
    for (int members; (members = GroupMembers.of(admin, config).count()) > 0; ) {
      if (System.nanoTime() > deadline) {
        throw new AdoptionException(
            "application %s is running, its group has %d members: stop all of its instances first"
                .formatted(config.applicationId(), members));
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  private void look() {
    InputLogs logs = InputLogs.of(config);
    InputLog input = logs.images();
    InputCheck check = new InputCheck(config.applicationId(), exactlyOnce(), input);
    int count = KafkaInputLog.describe(admin, config.topics().images()).partitions().size();
    int stored = storedPartitions();
    if (stored > 0 && stored != count) {
      throw new AdoptionException(
          InputCheck.partitionsChanged(
                  config.applicationId(), config.topics().images(), stored, count)
              .toString());
    }
    for (int partition = 0; partition < count; partition++) {
      ChangelogEdit edit = new ChangelogEdit(stored > 0 ? read(partition) : new ChangelogView());
      InputPlace place = edit.store().input();
      OtherAdoption labels = other(logs.labels(), place.labelsPosition(), partition);
      OtherAdoption commands = other(logs.commands(), place.commandsPosition(), partition);
      partitions.add(PartitionAdoption.of(edit, input.state(partition), check, labels, commands));
    }
  }

  private @Nullable OtherAdoption other(
      @Nullable InputLog log, @Nullable Position position, int partition) {
    return log == null
        ? null
        : OtherAdoption.of(
            position,
            log.state(partition),
            new InputCheck(config.applicationId(), exactlyOnce(), log));
  }

  private boolean exactlyOnce() {
    return config.processingGuarantee() == ProcessingGuarantee.EXACTLY_ONCE_V2;
  }

  private int storedPartitions() {
    try {
      return KafkaInputLog.describe(admin, changelog).partitions().size();
    } catch (UnknownTopicOrPartitionException e) {
      return 0;
    }
  }

  private ChangelogView read(int partition) {
    ChangelogView image = new ChangelogView();
    TopicPartition source = new TopicPartition(changelog, partition);
    try (KafkaConsumer<byte[], byte[]> consumer = KafkaInputLog.consumer(config)) {
      long start = KafkaInputLog.only(consumer.beginningOffsets(Set.of(source)));
      long end = KafkaInputLog.only(consumer.endOffsets(Set.of(source)));
      KafkaInputLog.read(
          consumer,
          source,
          start,
          end,
          config.transactionPatience(),
          record -> {
            image.put(record.key(), record.value());
            return true;
          });
    }
    return image;
  }

  /** A line for each partition: what was found, and how to go on. */
  public List<String> descriptions() {
    return partitions.stream().map(PartitionAdoption::description).toList();
  }

  /** Whether weights and input belong together as they are. */
  public boolean isNothingWrong() {
    return wrong().isEmpty();
  }

  private List<PartitionAdoption> wrong() {
    return partitions.stream().filter(PartitionAdoption::isWrong).toList();
  }

  /**
   * What {@link #adopt} does, a line for each partition where something is wrong.
   *
   * @throws AdoptionException if a partition can't go on there
   */
  public List<String> plan(ContinueAt where) {
    return wrong().stream()
        .map(
            partition ->
                "%s: goes on at offset %d%s%s"
                    .formatted(
                        partition.log().name(),
                        to(partition, where),
                        planned("labels", partition.labels(), where),
                        planned("commands", partition.commands(), where)))
        .toList();
  }

  private static String planned(String what, @Nullable OtherAdoption other, ContinueAt where) {
    return other == null ? "" : ", %s at offset %d".formatted(what, otherTo(other, where));
  }

  private static long otherTo(OtherAdoption other, ContinueAt where) {
    Long weights = other.atWeights();
    if (where == ContinueAt.OFFSET) {
      return other.atOffset();
    }
    if (weights == null) {
      throw new AdoptionException(
          "--continue-at weights is not possible, %s does not have the place of the weights: %s"
              .formatted(other.log().name(), other.mismatch()));
    }
    return weights;
  }

  private long to(PartitionAdoption partition, ContinueAt where) {
    if (where == ContinueAt.OFFSET) {
      return InputCheck.within(partition.log());
    }
    Long weights = partition.atWeights();
    if (weights == null) {
      throw new AdoptionException(
          "--continue-at weights is not possible, %s does not have the place of the weights: %s"
              .formatted(partition.log().name(), partition.mismatch()));
    }
    return weights;
  }

  /**
   * Does it, each partition in one transaction.
   *
   * @param reason of the person who decided it; "" for none
   * @throws AdoptionException if a partition can't go on there, or the service has been started
   * @throws TopicsException if topics are missing that the configuration does not let it create
   */
  public void adopt(ContinueAt where, String reason) {
    List<PartitionAdoption> wrong = wrong();
    plan(where);
    Topics.prepare(admin, config); // it writes to them as the service does
    if (storedPartitions() == 0) {
      createChangelog();
    }
    requireStopped();
    for (PartitionAdoption partition : wrong) {
      long to = to(partition, where);
      if (where == ContinueAt.WEIGHTS && partition.isExact()) {
        setOffset(partition.log(), to);
        setOffset(partition.labels(), where);
        setOffset(partition.commands(), where);
      } else {
        relearn(partition);
        new AdoptionWriter(config, admin)
            .write(
                partition,
                to,
                place(partition.labels(), where),
                place(partition.commands(), where),
                reason);
      }
    }
  }

  /** Brings the models to where they were, as a restore would. */
  private void relearn(PartitionAdoption partition) {
    partition
        .lacking()
        .ifPresent(
            lacking ->
                InputReplay.of(
                        config,
                        partition.log(),
                        InputLogs.of(config),
                        lacking,
                        partition.edit().store(),
                        exactlyOnce() ? partition.stored().position() : null)
                    .run());
  }

  private void setOffset(@Nullable OtherAdoption other, ContinueAt where) {
    if (other != null) {
      setOffset(other.log(), otherTo(other, where));
    }
  }

  private static @Nullable Position place(@Nullable OtherAdoption other, ContinueAt where) {
    return other == null ? null : other.log().position(otherTo(other, where));
  }

  private void setOffset(LogState log, long offset) {
    TopicPartition input = new TopicPartition(log.topic(), log.partition());
    Answers.of(
        admin
            .alterConsumerGroupOffsets(
                config.applicationId(), Map.of(input, new OffsetAndMetadata(offset)))
            .all());
  }

  /** Creates the changelog as Kafka Streams would. */
  private void createChangelog() {
    NewTopic topic =
        new NewTopic(changelog, partitions.size(), config.topics().replicationFactor())
            .configs(ChangelogSettings.byName());
    Answers.of(admin.createTopics(List.of(topic)).all());
  }

  @Override
  public void close() {
    admin.close();
  }
}
