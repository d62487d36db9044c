package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.MessageLite;
import io.streamgrad.config.Partitioner;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.Command.Kind;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.v1.Setting;
import io.streamgrad.wire.ModelPartitions;
import java.nio.charset.StandardCharsets;
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

  /** Has the service take commands. */
  static final String COMMANDS = "topics.commands=" + LearningStream.COMMANDS;

  /** Has one more model learn what the first of them does; the two change places by command. */
  static final String FOLLOWER = "models.f.follows=m0";

  private static final int NOT_LATE = -1;
  private static final int TWICE = 10; // of so many labels one comes twice
  private static final int COMMANDED = 13; // after so many batches there is a command

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

  /** Labels come so many batches later, and commands among them. */
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
        if (i % COMMANDED == 0) {
          sendCommand(i);
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

  /** Of every kind in turn; models are seldom paused for long. */
  private void sendCommand(int i) {
    Kind[] kinds = {
      Kind.SNAPSHOT, Kind.SET, Kind.PAUSE, Kind.RESUME, Kind.ROLLBACK, Kind.RESET, Kind.DELETE
    };
    int number = i / COMMANDED;
    Kind kind = kinds[number / models % kinds.length]; // each goes to every model
    Command.Builder command = Command.newBuilder().setId("c" + i).setKind(kind);
    if (kind == Kind.SNAPSHOT || kind == Kind.ROLLBACK) {
      command.setTag("tag");
    }
    if (kind == Kind.SET) {
      command.addSettings(Setting.newBuilder().setKey("learning-rate.initial").setValue("0.05"));
    }
    send(LearningStream.COMMANDS, number, command.build());
    if (number % models == 0) {
      promote(i);
    }
  }

  /** It has to lie where the leader lives. */
  private void promote(int i) {
    int partitions = producer.partitionsFor(LearningStream.COMMANDS).size();
    int home =
        ModelPartitions.partition(
            Partitioner.MURMUR2, "m0".getBytes(StandardCharsets.UTF_8), partitions);
    Command command = Command.newBuilder().setId("p" + i).setKind(Kind.PROMOTE).build();
    send(new ProducerRecord<>(LearningStream.COMMANDS, home, "f", command.toByteArray()));
  }

  private void send(String topic, int i, MessageLite message) {
    send(new ProducerRecord<>(topic, "m" + i % models, message.toByteArray()));
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the callback sees the failure
  private void send(ProducerRecord<String, byte[]> record) {
    producer.send(
        record,
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
