package io.streamgrad.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;

/** When a read_committed consumer got predictions, for each partition. */
final class PredictionTimes implements AutoCloseable {
  /** So many more predictions, and a partition is back for good. */
  private static final int BACK = 50;

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Map<Integer, List<Long>> times = new HashMap<>(); // guarded by itself
  private final CompletableFuture<Void> reading;
  private volatile boolean closed;

  /** Begins to read. The topic must be there. */
  PredictionTimes(String server, int partitions) {
    consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", server, "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> all =
        IntStream.range(0, partitions)
            .mapToObj(p -> new TopicPartition("streamgrad.predictions", p))
            .toList();
    all.forEach(partition -> times.put(partition.partition(), new ArrayList<>()));
    consumer.assign(all);
    consumer.seekToEnd(all);
    reading = CompletableFuture.runAsync(this::read);
  }

  private void read() {
    while (!closed) {
      var records = consumer.poll(Duration.ofMillis(100));
      long now = System.nanoTime();
      synchronized (times) {
        records.forEach(
            record -> times.computeIfAbsent(record.partition(), p -> new ArrayList<>()).add(now));
      }
    }
    consumer.close();
  }

  /** Waits until each partition has had many predictions since a time. */
  void awaitAll(long since, Duration patience) {
    Awaitility.await()
        .atMost(patience)
        .until(
            () -> {
              synchronized (times) {
                return times.values().stream()
                    .allMatch(t -> t.stream().filter(time -> time > since).count() >= BACK);
              }
            });
  }

  /** From a time to the end of the longest pause that any partition has made since then. */
  Duration backAfter(long since) {
    synchronized (times) {
      Pause longest =
          times.values().stream()
              .map(t -> Pause.longest(since, t))
              .max(Comparator.comparingLong(Pause::nanos))
              .orElseThrow();
      return Duration.ofNanos(longest.end() - since);
    }
  }

  private record Pause(long nanos, long end) {
    static Pause longest(long since, List<Long> times) {
      long before = since;
      Pause longest = new Pause(0, since);
      for (long time : times) {
        if (time - before > longest.nanos()) {
          longest = new Pause(time - before, time);
        }
        before = Math.max(before, time);
      }
      return longest;
    }
  }

  @Override
  public void close() {
    closed = true;
    reading.join();
  }
}
