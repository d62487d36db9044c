package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.input.KafkaInputLog;
import io.streamgrad.streams.learn.LearnProcessor;
import io.streamgrad.streams.learn.LearnStep;
import io.streamgrad.streams.learn.TaskInput;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.wire.ModelPartitions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** A partition with a large model is given to a second instance, by one that goes on. */
class HandoverIT extends OracleTests {
  private static final int PARTITIONS = 2;
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(6, 31);
  private static final Map<String, String> LARGE =
      Map.of(
          "model.layers",
          "[4, 60000, 3]",
          "topics.partitions",
          Integer.toString(PARTITIONS),
          "kafka.session.timeout.ms", // what is not given but lost is another story
          "60000");

  /** What the next owner finds left to be written of each partition, a journal if anything. */
  private final BlockingQueue<Boolean> leftBehind = new LinkedBlockingQueue<>();

  @Test
  void whoTakesAPartitionOverFindsAStateAndNoJournal() throws Exception {
    ServiceConfig config = broker.config("handover", LARGE);
    Map<String, String> apart = new HashMap<>(LARGE);
    apart.put("state-dir", directory.resolve("state-handover-2").toString());
    ServiceConfig second = broker.config("handover", apart);
    try (ServiceMetrics metrics = OracleBroker.metrics();
        ServiceMetrics otherMetrics = OracleBroker.metrics();
        StreamsService first = StreamsService.start(config, metrics)) {
      for (int batch = 0; batch < BATCHES.size(); batch++) { // commits of their own: a journal
        send(config, batch);
        OracleBroker.awaitCommitted(first, config, 0, batch + 1L);
        OracleBroker.awaitCommitted(first, config, 1, batch + 1L);
      }
      try (StreamsService taker =
          StreamsService.start(
              second,
              otherMetrics,
              (partitions, tasks) ->
                  () ->
                      new LearnProcessor(
                          second,
                          partitions,
                          otherMetrics,
                          new WatchedStep(second, otherMetrics),
                          tasks,
                          new TaskInput(second, partitions, new KafkaInputLog(second)),
                          LearnProcessor.ON_THE_WAY))) {
        assertThat(leftBehind.poll(Duration.ofMinutes(1).toSeconds(), TimeUnit.SECONDS))
            .as("left behind")
            .isFalse();
        assertThat(first.isRunning()).isTrue();
        OracleBroker.awaitReady(taker);
      }
    }
    assertThat(OracleBroker.verify(config)).isEmpty();
  }

  /** To a model of each partition. */
  private static void send(ServiceConfig config, int batch) {
    ModelPartitions partitions = new ModelPartitions(config, PARTITIONS);
    List<ProducerRecord<byte[], byte[]>> records =
        IntStream.range(0, PARTITIONS)
            .mapToObj(
                partition ->
                    new ProducerRecord<>(
                        config.topics().images(),
                        partition,
                        name(partitions, partition).getBytes(StandardCharsets.UTF_8),
                        BATCHES.get(batch).toByteArray()))
            .toList();
    broker.sendRecords(records);
  }

  private static String name(ModelPartitions partitions, int partition) {
    return IntStream.range(0, 100)
        .mapToObj(i -> "m" + i)
        .filter(name -> partitions.of(name) == partition)
        .findFirst()
        .orElseThrow();
  }

  /** Tells what was found in the store. */
  private final class WatchedStep extends LearnStep {
    WatchedStep(ServiceConfig config, ServiceMetrics metrics) {
      super(config, metrics);
    }

    @Override
    public void init(WeightsStore store, Set<String> names) {
      super.init(store, names);
      assertThat(names).hasSize(1);
      leftBehind.add(store.isLeftUnsettled());
    }
  }
}
