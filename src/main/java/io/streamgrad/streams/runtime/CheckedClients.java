package io.streamgrad.streams.runtime;

import io.streamgrad.streams.learn.RunningTasks;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
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
 * hook. (The consumer of a group of the protocol "streams" is made by Kafka Streams itself, and is
 * not checked.)
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
    CheckedProducer(Map<String, Object> settings) {
      super(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public void sendOffsetsToTransaction(
        Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata group) {
      tasks.requirePassed(offsets.keySet());
      super.sendOffsetsToTransaction(offsets, group);
    }
  }

  private final class CheckedConsumer extends KafkaConsumer<byte[], byte[]> {
    CheckedConsumer(Map<String, Object> settings) {
      super(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    @Override
    public void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets) {
      tasks.requirePassed(offsets.keySet());
      super.commitSync(offsets);
    }
  }
}
