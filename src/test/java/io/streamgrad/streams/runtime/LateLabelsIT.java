package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.learner.Learner;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.PendingBatch;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.learn.LearnStep;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Applied.Outcome;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.verify.OracleBroker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Labels that come after their images, late, early, twice, in part and wrong, on a real broker: the
 * service crashes and learns again, and the oracle agrees.
 */
class LateLabelsIT {
  private static final long TIME = 1000; // of the first batch
  private static final int BATCHES = 120;
  private static final int DELAY = 20; // batches
  private static final int COMMITTED = 60; // batches before the crash
  private static final int CRASH_AT = 70; // version of model "a"

  @TempDir private static Path directory;
  private static OracleBroker broker;

  @BeforeAll
  static void start() {
    broker = new OracleBroker(directory);
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  /** With pixels in memory, and with all of them read again. */
  @ParameterizedTest
  @ValueSource(strings = {"1000000", "0"})
  void whatIsLearnedAgainAfterACrashIsWhatWasThere(String memory) throws Exception {
    ServiceConfig config =
        config(
            "crash" + memory,
            Map.of(
                "recovery-target",
                "10m",
                "labels.wait-bytes",
                memory,
                "snapshots.every-updates",
                "7"));
    crash(config, 5);
    Position images = Objects.requireNonNull(broker.stored(config).position());
    Position labels = Objects.requireNonNull(broker.stored(config).labelsPosition());
    assertThat(labels.replayFrom()).as("labels to learn again").isLessThan(labels.offset());
    assertThat(images.replayFrom()).as("images to learn again").isLessThan(images.offset());

    try (ServiceMetrics metrics = metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitReady(service);
      OracleBroker.awaitCommitted(service, config, BATCHES);
      awaitLabels(service, config);
      assertThat(metrics.scrape()).contains("streamgrad_label_records_total{outcome=\"learned\"}");
    }
    assertThat(OracleBroker.verify(config)).isEmpty();
    assertThat(applied(config))
        .extracting(Applied::getOutcome)
        .contains(
            Outcome.LEARNED,
            Outcome.HELD,
            Outcome.REPEATED,
            Outcome.CONFLICTING,
            Outcome.UNKNOWN_BATCH,
            Outcome.WRONG_COUNT);
  }

  @Test
  void everyCommitStoresTheStateWhereNothingMayStayBehind() throws Exception {
    ServiceConfig config = config("written", Map.of("recovery-target", "0s"));
    crash(config, 6);
    Position labels = Objects.requireNonNull(broker.stored(config).labelsPosition());
    assertThat(labels.replayFrom()).isEqualTo(labels.offset());
    try (ServiceMetrics metrics = metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitCommitted(service, config, BATCHES);
      awaitLabels(service, config);
    }
    assertThat(OracleBroker.verify(config)).isEmpty();
  }

  /** What has to be learned again begins where the images are, and not where their labels came. */
  @Test
  void theImagesOfLabelsThatAStateLacksAreNeededToo() throws Exception {
    ServiceConfig config = config("needed", Map.of("recovery-target", "10m"));
    List<ProducerRecord<byte[], byte[]>> records = records(config, 8);
    try (ServiceMetrics metrics = metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      send(records, 0, COMMITTED);
      OracleBroker.awaitCommitted(service, config, COMMITTED);
      awaitLabels(service, config);
    }
    Position clean = Objects.requireNonNull(broker.stored(config).position());
    assertThat(clean.replayFrom()).isEqualTo(clean.offset());

    try (ServiceMetrics metrics = metrics(config);
        StreamsService service =
            ServiceOf.stepsOf(config, metrics, () -> new Crashing(config, metrics))) {
      send(records, COMMITTED, COMMITTED + 4);
      OracleBroker.awaitCommitted(service, config, COMMITTED + 4);
      awaitLabels(service, config);
      send(records, COMMITTED + 4, BATCHES);
      assertThat(service.awaitStopped()).hasRootCauseMessage("fails on purpose");
    }
    Position behind = Objects.requireNonNull(broker.stored(config).position());
    assertThat(behind.replayFrom()).isLessThanOrEqualTo(COMMITTED - DELAY);
  }

  /** Each breaks the promise in a way that the oracle must notice. */
  @ParameterizedTest
  @EnumSource
  void theOracleNoticesWhatIsBroken(Broken broken) throws IOException {
    ServiceConfig config = config(broken.name(), Map.of());
    List<ProducerRecord<byte[], byte[]>> records = records(config, 7);
    try (ServiceMetrics metrics = metrics(config);
        StreamsService service =
            ServiceOf.stepsOf(config, metrics, () -> broken.step(config, metrics))) {
      send(records, 0, BATCHES);
      OracleBroker.awaitCommitted(service, config, BATCHES);
      awaitLabels(service, config);
    }
    List<String> found = OracleBroker.verify(config);
    assertThat(found).anyMatch(each -> each.startsWith(broken.found));
    Reliability.row(
        Reliability.Table.MUTATIONS,
        "late " + broken.name().toLowerCase(Locale.ROOT).replace('_', ' '),
        found.size(),
        found.get(0));
  }

  private enum Broken {
    LABELS_SCORED_BY_THE_WEIGHTS_AS_THEY_ARE("wrong applied") {
      @Override
      LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
        return new LearnStep(config, metrics) {
          private @Nullable Prediction last;

          @Override
          protected Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
            last = super.predict(learner, state, batch);
            return last;
          }

          @Override
          protected Prediction scored(PendingBatch batch, int[] places) {
            Prediction then = super.scored(batch, places);
            Prediction now = Objects.requireNonNull(last);
            return new Prediction(
                now.version(),
                now.byLastGood(),
                then.classes(),
                then.logits(),
                then.sums(),
                then.probabilities());
          }
        };
      }
    },
    LABELS_LEARNED_TWICE("wrong prediction") {
      @Override
      LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
        return new LearnStep(config, metrics) {
          private boolean late;

          @Override
          protected Prediction scored(PendingBatch batch, int[] places) {
            late = true;
            return super.scored(batch, places);
          }

          @Override
          protected UpdateOutcome learn(
              Learner learner,
              ModelState state,
              MiniBatch batch,
              Prediction prediction,
              Evaluation evaluation) {
            if (late) {
              late = false;
              super.learn(learner, state, batch, prediction, evaluation);
              state.progress().version--; // as if it had been learned once
            }
            return super.learn(learner, state, batch, prediction, evaluation);
          }
        };
      }
    },
    LABELS_OF_OTHER_IMAGES("wrong applied") {
      @Override
      LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
        return new LearnStep(config, metrics) {
          @Override
          protected Prediction scored(PendingBatch batch, int[] places) {
            int[] other = places.clone();
            other[0] = 0;
            return super.scored(batch, other);
          }
        };
      }
    };

    private final String found;

    Broken(String found) {
      this.found = found;
    }

    abstract LearnStep step(ServiceConfig config, ServiceMetrics metrics);
  }

  /** Runs until the service fails on purpose, in the middle of it all, some time after a commit. */
  private static void crash(ServiceConfig config, long seed) throws InterruptedException {
    List<ProducerRecord<byte[], byte[]>> records = records(config, seed);
    try (ServiceMetrics metrics = metrics(config);
        StreamsService service =
            ServiceOf.stepsOf(config, metrics, () -> new Crashing(config, metrics))) {
      send(records, 0, COMMITTED);
      OracleBroker.awaitCommitted(service, config, COMMITTED);
      awaitLabels(service, config);
      send(records, COMMITTED, BATCHES);
      assertThat(service.awaitStopped()).hasRootCauseMessage("fails on purpose");
    }
  }

  private static final class Crashing extends LearnStep {
    Crashing(ServiceConfig config, ServiceMetrics metrics) {
      super(config, metrics);
    }

    @Override
    protected Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
      if (state.version() == CRASH_AT) {
        throw new IllegalStateException("fails on purpose");
      }
      return super.predict(learner, state, batch);
    }
  }

  private static ServiceMetrics metrics(ServiceConfig config) {
    return OracleBroker.metrics(config);
  }

  private static ServiceConfig config(String name, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("topics.labels", name + ".labels");
    all.put("topics.applied", name + ".applied");
    ServiceConfig config = broker.config(name, all);
    for (String topic : config.readTopics()) {
      broker.createTopic(topic, Map.of());
    }
    return config;
  }

  /** Sends what comes with some of the batches. */
  private static void send(List<ProducerRecord<byte[], byte[]>> records, int from, int to) {
    broker.sendRecords(
        records.stream()
            .filter(record -> record.timestamp() >= TIME + from && record.timestamp() < TIME + to)
            .toList(),
        Map.of("linger.ms", 0, "batch.size", 0));
  }

  /** Images of two models, and what may come of labels, interleaved. */
  private static List<ProducerRecord<byte[], byte[]>> records(ServiceConfig config, long seed) {
    Random random = new Random(seed);
    List<ImageBatch> batches = TestBatches.labeled(BATCHES, seed);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < BATCHES; i++) {
      byte[] key = key(i);
      boolean late = random.nextInt(8) > 0;
      ImageBatch batch = batches.get(i);
      ImageBatch.Builder sent = batch.toBuilder().setBatchId("id-" + i);
      if (late) {
        sent.clearLabels();
      } else if (random.nextBoolean()) {
        sent.addUnlabeled(batch.getLabels().size() - 1);
      }
      records.add(
          new ProducerRecord<>(config.topics().images(), 0, TIME + i, key, bytes(sent.build())));
      if (random.nextInt(10) == 0 && i + 1 < BATCHES) { // before its images
        add(
            config,
            i,
            i + 1,
            labels(batches, i + 1).setBatchId("id-" + (i + 1)).clearInput(),
            records);
      }
      int of = i - DELAY;
      if (of >= 0) {
        add(config, i, of, labels(batches, of), records);
        addOther(config, i, of, batches, random, records);
      }
    }
    return records;
  }

  private static void addOther(
      ServiceConfig config,
      int i,
      int of,
      List<ImageBatch> batches,
      Random random,
      List<ProducerRecord<byte[], byte[]>> records) {
    switch (random.nextInt(6)) {
      case 0 -> add(config, i, of, labels(batches, of), records); // twice
      case 1 -> { // differing
        byte[] other = batches.get(of).getLabels().toByteArray();
        other[0] = (byte) ((other[0] + 1) % 3);
        add(config, i, of, labels(batches, of).setLabels(ByteString.copyFrom(other)), records);
      }
      case 2 -> // the other model's
          add(
              config,
              i,
              of,
              labels(batches, of).setInput(input(config, Math.max(0, of - 1))),
              records);
      case 3 ->
          add(
              config,
              i,
              of,
              labels(batches, of).setLabels(ByteString.copyFrom(new byte[20])),
              records);
      case 4 ->
          records.add(
              new ProducerRecord<>(
                  config.topics().labels(), 0, TIME + i, key(of), new byte[] {1, 2}));
      default -> { // some of them first, of a batch whose time is to come
        if (of + DELAY / 2 < i) {
          LabelBatch.Builder some =
              LabelBatch.newBuilder()
                  .setInput(input(config, of + DELAY / 2))
                  .addImages(0)
                  .setLabels(batches.get(of + DELAY / 2).getLabels().substring(0, 1));
          add(config, i, of + DELAY / 2, some, records);
        }
      }
    }
  }

  private static LabelBatch.Builder labels(List<ImageBatch> batches, int i) {
    return LabelBatch.newBuilder()
        .setInput(InputPosition.newBuilder().setOffset(i))
        .setLabels(batches.get(i).getLabels());
  }

  private static void add(
      ServiceConfig config,
      int i,
      int of,
      LabelBatch.Builder labels,
      List<ProducerRecord<byte[], byte[]>> records) {
    records.add(
        new ProducerRecord<>(
            config.topics().labels(), 0, TIME + i, key(of), labels.build().toByteArray()));
  }

  private static InputPosition input(ServiceConfig config, int offset) {
    return InputPosition.newBuilder().setTopic(config.topics().images()).setOffset(offset).build();
  }

  private static byte[] key(int i) {
    return (i % 4 == 3 ? "b" : "a").getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] bytes(ImageBatch batch) {
    return batch.toByteArray();
  }

  private static void awaitLabels(StreamsService service, ServiceConfig config) {
    OracleBroker.awaitCommitted(
        service, config, config.topics().labels(), broker.read(config.topics().labels()).size());
  }

  private static List<Applied> applied(ServiceConfig config) throws InvalidProtocolBufferException {
    List<Applied> applied = new ArrayList<>();
    for (var record : broker.read(config.topics().applied())) {
      applied.add(Applied.parseFrom(record.value()));
    }
    return applied;
  }
}
