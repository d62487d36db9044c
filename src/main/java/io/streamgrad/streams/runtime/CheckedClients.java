package io.streamgrad.streams.runtime;

import io.streamgrad.streams.learn.RunningTasks;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaClientSupplier;

/**
 * Kafka Streams' usual clients, which commit no offsets of a task whose commit did not pass its
 * hook, and give a task no records as long as it learns again what its stored states lack: its
 * thread stays free for other tasks and for the group. They tell when a commit is through, and when
 * there is nothing to do. (The consumer of a group of the protocol "streams" is made by Kafka
 * Streams itself: it is not checked, and a task that learns again holds its thread up.)
 */
final class CheckedClients implements KafkaClientSupplier {
  private final RunningTasks tasks;

  CheckedClients(RunningTasks tasks) {
    this.tasks = tasks;
  }

  @Override
  public Admin getAdmin(Map<String, Object> settings) {
    return Admin.create(settings);
  }

  @Override
  public Producer<byte[], byte[]> getProducer(Map<String, Object> settings) {
    return new CheckedProducer(settings);
  }

  @Override
  public Consumer<byte[], byte[]> getConsumer(Map<String, Object> settings) {
    return new CheckedConsumer(settings);
  }

  @Override
  public Consumer<byte[], byte[]> getRestoreConsumer(Map<String, Object> settings) {
    return unchecked(settings);
  }

  @Override
  public Consumer<byte[], byte[]> getGlobalConsumer(Map<String, Object> settings) {
    return unchecked(settings);
  }

  private static Consumer<byte[], byte[]> unchecked(Map<String, Object> settings) {
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private final class CheckedProducer extends KafkaProducer<byte[], byte[]> {
    private final Set<TopicPartition> inTransaction = new HashSet<>(); // whose offsets are

    CheckedProducer(Map<String, Object> settings) {
      super(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public void sendOffsetsToTransaction(
        Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata group) {
      tasks.requirePassed(offsets.keySet());
      super.sendOffsetsToTransaction(offsets, group);
      inTransaction.addAll(offsets.keySet());
    }

    @Override
    public void commitTransaction() {
      super.commitTransaction();
      tasks.committed(inTransaction);
      inTransaction.clear();
    }

    @Override
    public void abortTransaction() {
      inTransaction.clear();
      super.abortTransaction();
    }
  }

  private final class CheckedConsumer extends KafkaConsumer<byte[], byte[]> {
    /** How soon a task that has learned again gets its records. */
    private static final Duration WHILE_HELD = Duration.ofMillis(5);

    /** How soon what comes of the last records goes out where no others do. */
    private static final Duration WHILE_ON_THE_WAY = Duration.ofMillis(1);

    private final HeldPartitions held = new HeldPartitions(tasks::isRelearning);

    CheckedConsumer(Map<String, Object> settings) {
      super(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
      tasks.willBePassedOn();
    }

    /** Kafka Streams has paused what it restores, and resumes it when a task is ready. */
    @Override
    public void resume(Collection<TopicPartition> partitions) {
      super.resume(held.resumed(partitions));
    }

    @Override
    public void pause(Collection<TopicPartition> partitions) {
      held.paused(partitions);
      super.pause(partitions);
    }

    /** While the stream thread waits for records, what comes of the last ones goes out. */
    @Override
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
      tasks.idle(assignment());
      Duration left = timeout;
      Duration next = Duration.ZERO;
      while (tasks.areOnTheWay(assignment()) && !left.isNegative()) {
        ConsumerRecords<byte[], byte[]> records = pollHeld(next);
        if (!records.isEmpty()) {
          return records;
        }
        tasks.passOn(assignment());
        left = left.minus(next);
        next = WHILE_ON_THE_WAY;
      }
      return pollHeld(left.isNegative() ? Duration.ZERO : left);
    }

    private ConsumerRecords<byte[], byte[]> pollHeld(Duration timeout) {
      if (held.isEmpty()) {
        return super.poll(timeout);
      }
      super.resume(held.released(assignment()));
      return super.poll(held.isEmpty() || timeout.compareTo(WHILE_HELD) < 0 ? timeout : WHILE_HELD);
    }

    @Override
    public void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets) {
      tasks.requirePassed(offsets.keySet());
      super.commitSync(offsets);
      tasks.committed(offsets.keySet());
    }
  }
}
