package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.MessageLite;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.LabelBatch;
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
 * stopped. Their labels may come later, and then some of them come twice.
 */
final class Feed {
  /** What the models' batches ask of the service. */
  static final String MODELS = "model.layers=[4,5,3]";

  /** Has the service take labels that come later. */
  static final String LATE_LABELS = "topics.labels=" + LearningStream.LABELS;

  private static final int NOT_LATE = -1;
  private static final int TWICE = 10; // of so many labels one comes twice

  private final KafkaProducer<String, byte[]> producer;
  private final int models;
  private final int perSecond;
  private final int delay; // batches
  private final List<ImageBatch> batches = TestBatches.labeled(997, Form.SEED);
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private final CompletableFuture<Void> sending;
  private volatile boolean stopped;

  private Feed(String server, int models, int perSecond, int delay) {
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", server, "linger.ms", 5),
            new StringSerializer(),
            new ByteArraySerializer());
    this.models = models;
    this.perSecond = perSecond;
    this.delay = delay;
    sending = CompletableFuture.runAsync(this::send);
  }

  static Feed start(String server, int models, int perSecond) {
    return new Feed(server, models, perSecond, NOT_LATE);
  }

  /** Labels come so many batches later. */
  static Feed late(String server, int models, int perSecond, int delay) {
    return new Feed(server, models, perSecond, delay);
  }

  private void send() {
    long start = System.nanoTime();
    for (int i = 0; !stopped; i++) {
      LockSupport.parkNanos(start + i * 1_000_000_000L / perSecond - System.nanoTime());
      ImageBatch batch = batches.get(i % batches.size());
      if (delay == NOT_LATE) {
        send(LearningStream.IMAGES, i, batch);
      } else {
        send(
            LearningStream.IMAGES,
            i,
            batch.toBuilder().clearLabels().setBatchId(Integer.toString(i)).build());
        sendLabels(i - delay);
        if (i % TWICE == 0) {
          sendLabels(i - delay);
        }
      }
    }
  }

  private void sendLabels(int i) {
    if (i >= 0) {
      send(
          LearningStream.LABELS,
          i,
          LabelBatch.newBuilder()
              .setBatchId(Integer.toString(i))
              .setLabels(batches.get(i % batches.size()).getLabels())
              .build());
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the callback sees the failure
  private void send(String topic, int i, MessageLite message) {
    producer.send(
        new ProducerRecord<>(topic, "m" + i % models, message.toByteArray()),
        (metadata, error) -> {
          if (error != null) {
            failure.compareAndSet(null, error);
          }
        });
  }

  /** Stops; all that was sent is in the topic. Stopping again does nothing. */
  void stop() {
    stopped = true;
    sending.join();
    producer.close();
    assertThat(failure.get()).isNull();
  }
}
