package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ScoreSnapshot;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.PredictionBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import me.tongfei.progressbar.ProgressBarConsumer;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Streams a data set through a running service, as any producer would, and reads the predictions
 * back, as any consumer would.
 */
final class Demo {
  private static final Duration STORED_POLL = Duration.ofMillis(200);

  private final ServiceConfig config;
  private final String model;
  private final @Nullable Long labelDelay; // images; null: labels come with them
  private final @Nullable DemoDrift drift; // null: nothing is made of it
  private final BooleanSupplier serviceRuns;
  private final Map<String, Object> client;

  /** Its batches' ids begin with it: those of an earlier run may be answered before them. */
  private final String run = "demo-" + Uuid.randomUuid();

  /**
   * A demo of one model; it gives up when the service no longer runs.
   *
   * @param labelDelay after so many more images the labels follow; null: they come with the images
   * @param drift is told of each batch, and of reports; null for nobody
   */
  Demo(
      ServiceConfig config,
      String model,
      @Nullable Long labelDelay,
      @Nullable DemoDrift drift,
      BooleanSupplier serviceRuns) {
    this.config = config;
    this.model = model;
    this.labelDelay = labelDelay;
    this.drift = drift;
    this.serviceRuns = serviceRuns;
    client =
        Map.of(
            CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG,
            config.kafka().values().getOrDefault(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, ""));
  }

  /** What was there before this one. */
  EarlierRun earlier() {
    return EarlierRun.find(client, config, model);
  }

  /**
   * Learns from the batches, then predicts the test images without their labels.
   *
   * @param terminal where progress is drawn; null to print it line by line
   * @throws IllegalStateException if the service can't use one of the batches
   */
  DemoSummary run(
      Batches training,
      ImageDataset test,
      int testBatchSize,
      @Nullable ProgressBarConsumer terminal)
      throws InterruptedException {
    List<String> outputs =
        new ArrayList<>(List.of(config.topics().predictions(), config.topics().deadLetters()));
    if (labelDelay != null) {
      outputs.add(config.topics().applied());
    }
    if (drift != null) {
      outputs.add(config.topics().metrics());
    }
    try (TopicTail answers = new TopicTail(client, outputs, false)) {
      long start = System.nanoTime();
      BackgroundSend sending = BackgroundSend.start(() -> send(training, "train", true));
      Learned learned = new Learned();
      try (DemoProgress progress = new DemoProgress(training.images(), terminal)) {
        read(
            answers,
            "train",
            training.images(),
            sending,
            labelDelay == null ? Demo::scored : Demo::scoredLate,
            Scored::images,
            scored -> {
              learned.add(scored);
              if (drift != null) {
                drift.add(scored.batch(), scored.images(), scored.correct());
              }
              progress.add(scored.images(), scored.correct(), scored.meanLoss() * scored.images());
            });
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      ScoreSnapshot heldOut = heldOut(answers, test, testBatchSize);
      return new DemoSummary(
          training.images(),
          training.count(),
          (double) learned.correct / training.images(),
          heldOut.accuracy(),
          DemoSummary.ByClass.of(heldOut),
          training.images() / seconds,
          weightsSha256(learned.lastBatch, learned.lastLabels));
    }
  }

  private ScoreSnapshot heldOut(TopicTail answers, ImageDataset test, int batchSize)
      throws InterruptedException {
    Batches batches = Batches.of(test, batchSize);
    BackgroundSend sending = BackgroundSend.start(() -> send(batches, "test", false));
    int classes =
        IntStream.range(0, test.count())
            .map(image -> test.label(image) + 1)
            .reduce(config.model(model).classes(), Math::max);
    long[] confusion = new long[classes * classes];
    read(
        answers,
        "test",
        test.count(),
        sending,
        DemoAnswers::read,
        PredictionBatch::getClassesCount,
        prediction -> {
          int first = number(prediction) * batchSize;
          for (int i = 0; i < prediction.getClassesCount(); i++) {
            confusion[test.label(first + i) * classes + prediction.getClasses(i)]++;
          }
        });
    long correct =
        IntStream.range(0, classes).mapToLong(label -> confusion[label * classes + label]).sum();
    return new ScoreSnapshot(test.count(), batches.count(), correct, 0, confusion);
  }

  private void send(Batches batches, String part, boolean labeled) {
    try (BatchProducer producer =
        new BatchProducer(
            client,
            config.topics().images(),
            config.topics().labels(),
            model,
            config.models().partitioner())) {
      LateLabelSender late =
          labeled && labelDelay != null ? new LateLabelSender(producer, labelDelay) : null;
      int number = 0;
      for (Batch batch : batches) {
        String id = "%s/%s/%d".formatted(run, part, number++);
        if (late == null) {
          producer.send(batch, id, labeled);
        } else {
          late.send(batch, id);
        }
      }
      if (late != null) {
        late.finish();
      }
      producer.flush();
    }
  }

  private static int number(PredictionBatch prediction) {
    String id = prediction.getBatchId();
    return Integer.parseInt(id.substring(id.lastIndexOf('/') + 1));
  }

  private static @Nullable Scored scored(DemoAnswers ours, ConsumerRecord<byte[], byte[]> record) {
    PredictionBatch prediction = ours.read(record);
    return prediction == null
        ? null
        : new Scored(
            prediction.getClassesCount(),
            prediction.getScore().getCorrect(),
            prediction.getScore().getMeanLoss(),
            prediction.getInput().getOffset(),
            Lineage.NONE.labels());
  }

  private static @Nullable Scored scoredLate(
      DemoAnswers ours, ConsumerRecord<byte[], byte[]> record) {
    Applied applied = ours.readApplied(record);
    return applied == null
        ? null
        : new Scored(
            applied.getImages(),
            applied.getScore().getCorrect(),
            applied.getScore().getMeanLoss(),
            applied.getInput().getOffset(),
            applied.getLabels().getOffset());
  }

  /** Reads what is said of this run's batches until so many images have come. */
  private <T> void read(
      TopicTail answers,
      String part,
      long images,
      BackgroundSend sending,
      BiFunction<DemoAnswers, ConsumerRecord<byte[], byte[]>, @Nullable T> reader,
      ToLongFunction<T> count,
      Consumer<T> action)
      throws InterruptedException {
    DemoAnswers ours = new DemoAnswers(config.topics(), model, "%s/%s/".formatted(run, part));
    long left = images;
    while (left > 0) {
      sending.check();
      if (!serviceRuns.getAsBoolean()) {
        throw new ServiceStoppedException();
      }
      for (ConsumerRecord<byte[], byte[]> record : answers.poll()) {
        T answer = drift != null && drift.take(record) ? null : reader.apply(ours, record);
        if (answer != null) {
          action.accept(answer);
          left -= count.applyAsLong(answer);
        }
      }
    }
    sending.join();
  }

  /**
   * The weights after all that was learned, read from where the service keeps them: which writes
   * them when nothing more comes.
   */
  private String weightsSha256(long lastBatch, long lastLabels) throws InterruptedException {
    try (KafkaConsumer<byte[], byte[]> consumer = TopicTail.consumer(client)) {
      String changelog = ChangelogReader.topic(config.applicationId());
      while (serviceRuns.getAsBoolean()) {
        ModelEntry stored = ChangelogReader.read(consumer, changelog).get(model);
        if (stored != null
            && stored.lineage().offset() >= lastBatch
            && stored.lineage().labels() >= lastLabels) {
          return ModelCodec.weightsSha256(stored);
        }
        Thread.sleep(STORED_POLL.toMillis());
      }
      throw new ServiceStoppedException();
    }
  }

  /**
   * A batch that was scored and learned from.
   *
   * @param batch offset of its images
   * @param labels offset of its labels; -1 if they came with the images
   */
  private record Scored(int images, int correct, double meanLoss, long batch, long labels) {}

  /** What they add up to. */
  private static final class Learned {
    private long correct;
    private long lastBatch;
    private long lastLabels = Lineage.NONE.labels();

    void add(Scored scored) {
      correct += scored.correct();
      lastBatch = Math.max(lastBatch, scored.batch());
      lastLabels = Math.max(lastLabels, scored.labels());
    }
  }
}
