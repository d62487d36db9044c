package io.streamgrad.page;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.StreamsConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what open pages show from Kafka, on a thread of its own, until closed. Where that fails it
 * says why, and tries again; the service does not depend on it.
 *
 * <p><em>Threading.</em> {@link #close} and {@link #trouble} are for any thread; all else is the
 * reader's own, which writes to {@link Histories} and {@link MisreadImages}.
 */
final class TopicReader implements AutoCloseable, Runnable {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration BETWEEN_SAMPLES = Duration.ofMillis(1500);
  private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(5);
  private static final Duration LONGEST_ANSWER = Duration.ofSeconds(10);
  private static final int FETCH_BYTES = 128 * 1024; // of a partition

  private static final Logger LOG = LoggerFactory.getLogger(TopicReader.class);

  private final ServiceConfig config;
  private final MetricsTail tail;
  private final Histories histories;
  private final MisreadImages misread;
  private final Supplier<Set<String>> wanted;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile String trouble = "";
  private volatile List<KafkaConsumer<byte[], byte[]>> consumers = List.of();

  /**
   * A reader that has not begun.
   *
   * @param wanted the models that somebody looks at
   */
  TopicReader(
      ServiceConfig config,
      MetricsTail tail,
      Histories histories,
      MisreadImages misread,
      Supplier<Set<String>> wanted) {
    this.config = config;
    this.tail = tail;
    this.histories = histories;
    this.misread = misread;
    this.wanted = wanted;
  }

  /** Why nothing can be read; empty if it can. */
  String trouble() {
    return trouble;
  }

  @Override
  public void run() {
    try {
      do {
        synchronized (tail) { // one that was closed a moment ago may still read
          read();
        }
      } while (!closing.await(BETWEEN_ATTEMPTS.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      LOG.debug("the page's reader was interrupted", e);
    }
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private void read() {
    try (KafkaConsumer<byte[], byte[]> reports = consumer("page", Map.of());
        KafkaConsumer<byte[], byte[]> samples =
            consumer(
                "page-sample",
                Map.of(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCH_BYTES))) {
      consumers = List.of(reports, samples);
      MisreadSampler sampler = new MisreadSampler(samples, config, misread);
      tail.begin(reports);
      trouble = "";
      long nextSample = System.nanoTime();
      while (!isClosing()) {
        tail.poll(reports, POLL);
        if (System.nanoTime() - nextSample >= 0) {
          boolean taken = sample(sampler);
          nextSample = System.nanoTime() + (taken ? BETWEEN_SAMPLES : BETWEEN_ATTEMPTS).toNanos();
        }
      }
    } catch (WakeupException e) {
      LOG.debug("the page's reader stops", e);
    } catch (KafkaException e) {
      explain("the learning curve can't be read from " + config.topics().metrics(), e);
    } finally {
      consumers = List.of();
    }
  }

  private void explain(String what, KafkaException e) {
    String why = what + ": " + Failures.message(e);
    if (!why.equals(trouble)) {
      LOG.warn("the page: {}", why);
    }
    trouble = why;
  }

  /** Returns whether it could; the curve goes on if not. */
  private boolean sample(MisreadSampler sampler) {
    try {
      sampleAll(sampler);
      trouble = "";
      return true;
    } catch (WakeupException e) {
      throw e;
    } catch (KafkaException e) {
      explain("misread images can't be read", e);
      return false;
    }
  }

  private void sampleAll(MisreadSampler sampler) {
    Set<String> models = wanted.get();
    misread.keep(models);
    histories.watch(models);
    sampler.sample(models);
    for (String model : models) {
      OptionalLong last = histories.beforeTheLastPoint(model);
      if (misread.of(model).isEmpty() && last.isPresent()) {
        sampler.sample(model, last.getAsLong());
      }
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer(String name, Map<String, Object> more) {
    Map<String, Object> settings =
        new HashMap<>(
            new StreamsConfig(StreamsProperties.of(config))
                .getRestoreConsumerConfigs(config.applicationId() + "-" + name));
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(
        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(LONGEST_ANSWER.toMillis()));
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.putAll(more);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** It reads no more from now on, and its thread ends. */
  @Override
  public void close() {
    closing.countDown();
    consumers.forEach(KafkaConsumer::wakeup); // they may wait for a Kafka that does not answer
  }
}
