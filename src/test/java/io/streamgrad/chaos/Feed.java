package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.ImageBatch;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Seeded batches to many small models, m0, m1 ... in turn, from a thread of its own until it is
 * stopped.
 */
final class Feed {
  /** What the models' batches ask of the service. */
  static final String MODELS = "model.layers=[4,5,3]";

  private final KafkaProducer<String, byte[]> producer;
  private final int models;
  private final int perSecond;
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private final CompletableFuture<Void> sending;
  private volatile boolean stopped;

  private Feed(String server, int models, int perSecond) {
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", server, "linger.ms", 5),
            new StringSerializer(),
            new ByteArraySerializer());
    this.models = models;
    this.perSecond = perSecond;
    sending = CompletableFuture.runAsync(this::send);
  }

  static Feed start(String server, int models, int perSecond) {
    return new Feed(server, models, perSecond);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the callback sees the failure
  private void send() {
    List<byte[]> batches =
        TestBatches.labeled(997, Form.SEED).stream().map(ImageBatch::toByteArray).toList();
    long start = System.nanoTime();
    for (int i = 0; !stopped; i++) {
      LockSupport.parkNanos(start + i * 1_000_000_000L / perSecond - System.nanoTime());
      producer.send(
          new ProducerRecord<>(
              LearningStream.IMAGES, "m" + i % models, batches.get(i % batches.size())),
          (metadata, error) -> {
            if (error != null) {
              failure.compareAndSet(null, error);
            }
          });
    }
  }

  /** Stops; all that was sent is in the topic. Stopping again does nothing. */
  void stop() {
    stopped = true;
    sending.join();
    producer.close();
    assertThat(failure.get()).isNull();
  }
}
