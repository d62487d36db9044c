package io.streamgrad.chaos;

import com.google.protobuf.InvalidProtocolBufferException;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.PredictionBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;

/**
 * A group that reads predictions, read_committed: one consumer after the other, each leaves after
 * some polls. What was read before is what was committed.
 */
final class PredictionReaders implements AutoCloseable {
  private static final int POLLS = 20;

  private final String server;
  private final List<PredictionBatch> read = new ArrayList<>(); // guarded by itself
  private final CompletableFuture<Void> reading;
  private final AtomicInteger restarts = new AtomicInteger();
  private volatile boolean closed;

  PredictionReaders(String server) {
    this.server = server;
    reading = CompletableFuture.runAsync(this::read);
  }

  private void read() {
    while (!closed) {
      try (KafkaConsumer<byte[], byte[]> consumer =
          new KafkaConsumer<>(
              Map.of(
                  "bootstrap.servers", server,
                  "group.id", "readers",
                  "isolation.level", "read_committed",
                  "auto.offset.reset", "earliest",
                  "enable.auto.commit", false),
              new ByteArrayDeserializer(),
              new ByteArrayDeserializer())) {
        consumer.subscribe(List.of("streamgrad.predictions"));
        for (int got = 0; got < POLLS && !closed; ) {
          var records = consumer.poll(Duration.ofMillis(100));
          records.forEach(this::add);
          consumer.commitSync();
          got += records.isEmpty() ? 0 : 1;
        }
      }
      restarts.incrementAndGet();
    }
  }

  private void add(ConsumerRecord<byte[], byte[]> record) {
    try {
      synchronized (read) {
        read.add(PredictionBatch.parseFrom(record.value()));
      }
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  /** Waits until so many predictions have been read, and then for one that should not come. */
  void await(long count, Duration patience) {
    Awaitility.await()
        .atMost(patience)
        .until(
            () -> {
              if (reading.isDone()) {
                reading.join(); // throws what ended it
              }
              return inputs().size() >= count;
            });
  }

  /** Which batches have been predicted, as often as their predictions were read. */
  List<InputPosition> inputs() {
    synchronized (read) {
      return read.stream().map(PredictionBatch::getInput).toList();
    }
  }

  List<String> models() {
    synchronized (read) {
      return read.stream().map(PredictionBatch::getModel).toList();
    }
  }

  int restarts() {
    return restarts.get();
  }

  @Override
  public void close() {
    closed = true;
    reading.join();
  }
}
