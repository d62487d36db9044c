package io.streamgrad.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.UnsafeByteOperations;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.Split;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.v1.ImageBatch;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * One row of the latency table, in a process of its own: sends 100 batches of 64 images a second,
 * and measures from the call of send until a read_committed consumer has the prediction. Arguments:
 * the service's settings as key=value.
 */
public final class LatencyRow {
  private static final int IMAGES = 64;
  private static final int PER_SECOND = 100;
  private static final int WARM_UP = 10 * PER_SECOND;
  private static final int MEASURED = 20 * PER_SECOND;

  private LatencyRow() {}

  /** Runs the row. */
  public static void main(String[] args) throws Exception {
    Map<String, String> settings = new LinkedHashMap<>();
    Arrays.stream(args)
        .map(arg -> arg.split("=", 2))
        .forEach(setting -> settings.put(setting[0], setting[1]));
    ServiceConfig config = ConfigLoader.load(null, Map.of(), settings);
    long[] sent = new long[WARM_UP + MEASURED];
    try (ServiceMetrics metrics = new ServiceMetrics(config, List.of());
        StreamsService service = StreamsService.start(config, metrics)) {
      while (!service.status().ready()) {
        Thread.sleep(20);
      }
      Thread sender = new Thread(() -> send(config, sent), "sender");
      sender.start();
      double[] millis = receive(config, sent);
      sender.join();
      Arrays.sort(millis);
      Map<String, Object> measured = new LinkedHashMap<>();
      measured.put("medianMillis", millis[millis.length / 2]);
      measured.put("p99Millis", millis[millis.length * 99 / 100]);
      measured.put("maxMillis", millis[millis.length - 1]);
      System.out.println(new ObjectMapper().writeValueAsString(measured));
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a batch that is lost is missed by the receiver
  private static void send(ServiceConfig config, long[] sent) {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            new LinkedHashMap<>(config.kafka().values()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      long start = System.nanoTime();
      int n = 0;
      for (Batch batch :
          Batches.of(Datasets.mnist(Split.TRAIN), IMAGES).repeat(10).limit(sent.length * IMAGES)) {
        TimeUnit.NANOSECONDS.sleep(start + n * 1_000_000_000L / PER_SECOND - System.nanoTime());
        byte[] value =
            ImageBatch.newBuilder()
                .setHeight(batch.height())
                .setWidth(batch.width())
                .setPixels(UnsafeByteOperations.unsafeWrap(batch.pixels()))
                .setLabels(UnsafeByteOperations.unsafeWrap(batch.labels()))
                .build()
                .toByteArray();
        sent[n++] = System.nanoTime();
        producer.send(new ProducerRecord<>(config.topics().images(), value));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Predictions come in the order of the batches: the n-th answers the n-th. */
  private static double[] receive(ServiceConfig config, long[] sent) {
    Map<String, Object> properties = new LinkedHashMap<>(config.kafka().values());
    properties.put("auto.offset.reset", "earliest");
    properties.put("isolation.level", "read_committed");
    double[] millis = new double[MEASURED];
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(new TopicPartition(config.topics().predictions(), 0)));
      for (int n = 0; n < sent.length; ) {
        var polled = consumer.poll(Duration.ofMillis(100));
        long now = System.nanoTime();
        for (ConsumerRecord<byte[], byte[]> unused : polled) {
          if (n >= WARM_UP) {
            millis[n - WARM_UP] = (now - sent[n]) / 1e6;
          }
          n++;
        }
      }
    }
    return millis;
  }
}
