package io.streamgrad.streams.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.learner.Learner;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.input.InputLog;
import io.streamgrad.streams.input.KafkaInputLog;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.input.RecordReader;
import io.streamgrad.streams.learn.LearnStep;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.wire.ModelPartitions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.streams.processor.internals.DefaultKafkaClientSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** As long as a partition is learned again, the other ones are learned on, and members come. */
class InputReplayIT extends OracleTests {
  private static final int PARTITIONS = 2;
  private static final int BEFORE = 100;
  private static final int CRASH_AT = 150;
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(300, 23);
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final List<String> names = new ArrayList<>(); // by partition
  private final int[] sent = new int[PARTITIONS];

  @Test
  void whileAPartitionIsLearnedAgainOthersCommitAndMembersJoin() throws Exception {
    Map<String, String> settings = new HashMap<>();
    settings.put("topics.partitions", Integer.toString(PARTITIONS));
    settings.put("recovery-target", "10m");
    ServiceConfig config = broker.config("relearning", settings);
    settings.put("state-dir", directory.resolve("state-relearning-2").toString());
    ServiceConfig joining = broker.config("relearning", settings);
    name(config);

    crash(config, 0);
    Position left = Objects.requireNonNull(broker.stored(config).position());
    assertThat(left.replayFrom()).as("there is something to learn again").isLessThan(left.offset());

    CountDownLatch released = new CountDownLatch(1);
    try (ServiceMetrics metrics = OracleBroker.metrics();
        ServiceMetrics others = OracleBroker.metrics();
        StreamsService slow =
            ServiceOf.stepsOn(
                config,
                metrics,
                () -> new LearnStep(config, metrics),
                new SlowLog(new KafkaInputLog(config, config.topics().images()), released))) {
      awaitText(slow, "restoring weights: learning batches");
      send(config, 0, 5);
      send(config, 1, 5);
      OracleBroker.awaitCommitted(slow, config, 1, sent[1]);
      awaitText(slow, "relearning.images-0");

      try (StreamsService other = StreamsService.start(joining, others)) {
        send(config, 1, 5);
        OracleBroker.awaitReady(other);
        OracleBroker.awaitCommitted(other, joining, 1, sent[1]);
        released.countDown();
        OracleBroker.awaitCommitted(other, joining, 0, sent[0]);
        OracleBroker.awaitReady(slow);
      }
    }
    assertThat(OracleBroker.verify(config)).isEmpty();
    Reliability.row(
        Reliability.Table.FAULTS,
        "an instance joins while another learns a partition again; the other partition goes on",
        23,
        1,
        sent[0] + sent[1],
        sent[0] + sent[1],
        "agrees");
  }

  /** Clients that the user has chosen hold nothing back: then a commit waits, and the stream. */
  @Test
  void whereRecordsAreNotHeldBackNoOffsetIsCommittedBeforeThePosition() throws Exception {
    Map<String, String> settings = new HashMap<>();
    settings.put("topics.partitions", Integer.toString(PARTITIONS));
    settings.put("recovery-target", "10m");
    settings.put("kafka.default.client.supplier", DefaultKafkaClientSupplier.class.getName());
    ServiceConfig config = broker.config("unheld", settings);
    name(config);
    crash(config, 1); // nothing waits in the one that is learned again slowly

    CountDownLatch released = new CountDownLatch(1);
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService slow =
            ServiceOf.stepsOn(
                config,
                metrics,
                () -> new LearnStep(config, metrics),
                new SlowLog(new KafkaInputLog(config, config.topics().images()), released))) {
      awaitText(slow, "restoring weights: learning batches");
      long before = broker.committed(config);
      broker.put(config.topics().images(), names.get(0).getBytes(UTF_8), new byte[] {1, 2, 3});
      sent[0]++;
      Awaitility.await().atMost(PATIENCE).until(() -> metrics.scrape().contains("unreadable\"} 1"));
      Awaitility.await()
          .during(Duration.ofMillis(500))
          .atMost(PATIENCE)
          .until(() -> broker.committed(config) == before);
      released.countDown();
      OracleBroker.awaitCommitted(slow, config, 0, sent[0]);
    }
    assertThat(OracleBroker.verify(config)).isEmpty();
  }

  /** Records that states lack are about to be deleted. */
  @Test
  void whenTheStartOfTheLogComesNearStatesAreWritten() {
    ServiceConfig config = broker.config("nearing", Map.of("recovery-target", "10m"));
    String images = config.topics().images();
    AtomicBoolean stop = new AtomicBoolean();
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      CompletableFuture<Void> feed = // so that it is not quiet
          CompletableFuture.runAsync(
              () -> {
                while (!stop.get()) {
                  broker.send(images, List.of(BATCHES.get(0).toByteArray()));
                }
              });
      try {
        OracleBroker.awaitCommitted(service, config, BEFORE);
        Position before = Objects.requireNonNull(broker.stored(config).position());
        broker.deleteStart(images, before.offset() - 1);
        Awaitility.await()
            .atMost(PATIENCE)
            .untilAsserted(
                () ->
                    assertThat(Objects.requireNonNull(broker.stored(config).position()))
                        .matches(position -> position.replayFrom() >= before.offset()));
      } finally {
        stop.set(true);
        feed.join();
      }
    }
  }

  private void name(ServiceConfig config) {
    ModelPartitions partitions = new ModelPartitions(config, PARTITIONS);
    for (int partition = 0; partition < PARTITIONS; partition++) {
      int wanted = partition;
      names.add(
          Stream.iterate(0, i -> i + 1)
              .map(i -> "m" + i)
              .filter(name -> partitions.of(name) == wanted)
              .findFirst()
              .orElseThrow());
    }
  }

  /** Batches are committed, and then one of a partition comes at which the service fails. */
  private void crash(ServiceConfig config, int partition) throws InterruptedException {
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service =
            ServiceOf.stepsOn(
                config,
                metrics,
                () ->
                    new LearnStep(config, metrics) {
                      @Override
                      protected Prediction predict(
                          Learner learner, ModelState state, MiniBatch batch) {
                        if (state.version() == CRASH_AT) {
                          throw new IllegalStateException("fails on purpose");
                        }
                        return super.predict(learner, state, batch);
                      }
                    },
                new KafkaInputLog(config, config.topics().images()))) {
      OracleBroker.awaitReady(service);
      send(config, 0, BEFORE);
      send(config, 1, BEFORE);
      OracleBroker.awaitCommitted(service, config, 0, BEFORE);
      OracleBroker.awaitCommitted(service, config, 1, BEFORE);
      send(config, partition, CRASH_AT - BEFORE + 10);
      assertThat(service.awaitStopped()).hasRootCauseMessage("fails on purpose");
    }
  }

  private static void awaitText(StreamsService service, String text) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () -> {
              assertThat(service.isRunning()).isTrue();
              return service.status().text().contains(text);
            });
    assertThat(service.status().ready()).isFalse();
  }

  private void send(ServiceConfig config, int partition, int batches) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    byte[] name = names.get(partition).getBytes(UTF_8);
    for (int i = 0; i < batches; i++) {
      byte[] value = BATCHES.get(sent[partition]++).toByteArray();
      records.add(new ProducerRecord<>(config.topics().images(), partition, name, value));
    }
    broker.sendRecords(records);
  }

  /** A log whose first partition is read slowly, record by record, until it is released. */
  private record SlowLog(InputLog log, CountDownLatch released) implements InputLog {
    @Override
    public LogState state(int partition) {
      return log.state(partition);
    }

    @Override
    public void read(
        int partition, long from, long to, Predicate<ConsumerRecord<byte[], byte[]>> reader) {
      log.read(partition, from, to, record -> pass(partition) && reader.test(record));
    }

    @Override
    public RecordReader reader(int partition) {
      return log.reader(partition);
    }

    private boolean pass(int partition) {
      try {
        return partition != 0 || released.await(1, TimeUnit.SECONDS) || released.getCount() == 1;
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
