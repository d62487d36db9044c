package io.streamgrad.cli;

import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import io.streamgrad.config.Partitioner;
import io.streamgrad.dataset.Batch;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.wire.ContentType;
import io.streamgrad.wire.MessageSerializer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends batches of images to a topic, in order and each once, and labels to another. One thread.
 */
final class BatchProducer implements AutoCloseable {
  private static final int BATCH_BYTES = 256 * 1024;

  private final Producer<String, Message> producer;
  private final String topic;
  private final String labelsTopic;
  private final String model;
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

  /**
   * A producer of one model's batches, to the partition that the rule gives.
   *
   * @param labelsTopic for {@link #sendLabels}
   */
  BatchProducer(
      Map<String, Object> client,
      String topic,
      String labelsTopic,
      String model,
      Partitioner partitioner) {
    Map<String, Object> properties = new HashMap<>(client);
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
    properties.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 5);
    if (partitioner == Partitioner.CRC32) { // murmur2 is Kafka's own
      properties.putIfAbsent(
          ProducerConfig.PARTITIONER_CLASS_CONFIG, Crc32Partitioner.class.getName());
    }
    producer =
        new KafkaProducer<>(
            properties, new StringSerializer(), new MessageSerializer<>(ContentType.PROTOBUF));
    this.topic = topic;
    this.labelsTopic = labelsTopic;
    this.model = model;
  }

  /**
   * Sends a batch; returns before it is acknowledged.
   *
   * @throws KafkaException if an earlier batch could not be sent
   */
  void send(Batch batch, String batchId, boolean labeled) {
    ImageBatch.Builder message =
        ImageBatch.newBuilder()
            .setHeight(batch.height())
            .setWidth(batch.width())
            .setPixels(UnsafeByteOperations.unsafeWrap(batch.pixels()))
            .setBatchId(batchId);
    if (batch.channels() > 1) {
      message.setChannels(batch.channels());
    }
    if (labeled) {
      message.setLabels(UnsafeByteOperations.unsafeWrap(batch.labels()));
    }
    send(topic, message.build());
  }

  /** Sends the labels of a batch that was sent without; as {@link #send}. */
  void sendLabels(String batchId, byte[] labels) {
    send(
        labelsTopic,
        LabelBatch.newBuilder()
            .setBatchId(batchId)
            .setLabels(UnsafeByteOperations.unsafeWrap(labels))
            .build());
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the callback sees the failure
  private void send(String to, Message message) {
    checkFailure();
    producer.send(
        new ProducerRecord<>(to, model, message),
        (metadata, error) -> {
          if (error != null) {
            failure.compareAndSet(null, error);
          }
        });
  }

  /** Waits until every batch is acknowledged. */
  void flush() {
    producer.flush();
    checkFailure();
  }

  private void checkFailure() {
    Exception error = failure.get();
    if (error != null) {
      throw new KafkaException("could not send to topic " + topic, error);
    }
  }

  @Override
  public void close() {
    producer.close();
  }
}
