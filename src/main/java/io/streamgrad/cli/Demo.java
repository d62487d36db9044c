package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.format.ModelCodec;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ScoreSnapshot;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.v1.PredictionBatch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
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
  private final BooleanSupplier serviceRuns;
  private final Map<String, Object> client;

  /** Its batches' ids begin with it: those of an earlier run may be answered before them. */
  private final String run = "demo-" + Uuid.randomUuid();

  /** A demo of one model; it gives up when the service no longer runs. */
  Demo(ServiceConfig config, String model, BooleanSupplier serviceRuns) {
    this.config = config;
    this.model = model;
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
    List<String> outputs = List.of(config.topics().predictions(), config.topics().deadLetters());
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
            prediction -> {
              learned.add(prediction);
              progress.add(
                  prediction.getClassesCount(),
                  prediction.getScore().getCorrect(),
                  prediction.getScore().getMeanLoss() * prediction.getClassesCount());
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
          weightsSha256(learned.lastOffset));
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
        new BatchProducer(client, config.topics().images(), model, config.models().partitioner())) {
      int number = 0;
      for (Batch batch : batches) {
        producer.send(batch, "%s/%s/%d".formatted(run, part, number++), labeled);
      }
      producer.flush();
    }
  }

  private static int number(PredictionBatch prediction) {
    String id = prediction.getBatchId();
    return Integer.parseInt(id.substring(id.lastIndexOf('/') + 1));
  }

  /** Reads predictions of this run's batches until so many images have come. */
  private void read(
      TopicTail answers,
      String part,
      long images,
      BackgroundSend sending,
      Consumer<PredictionBatch> action)
      throws InterruptedException {
    DemoAnswers ours = new DemoAnswers(config.topics(), model, "%s/%s/".formatted(run, part));
    long left = images;
    while (left > 0) {
      sending.check();
      if (!serviceRuns.getAsBoolean()) {
        throw new ServiceStoppedException();
      }
      for (ConsumerRecord<byte[], byte[]> record : answers.poll()) {
        PredictionBatch prediction = ours.read(record);
        if (prediction != null) {
          action.accept(prediction);
          left -= prediction.getClassesCount();
        }
      }
    }
    sending.join();
  }

  /**
   * The weights after all that was learned, read from where the service keeps them: which writes
   * them when nothing more comes.
   */
  private String weightsSha256(long lastBatch) throws InterruptedException {
    try (KafkaConsumer<byte[], byte[]> consumer = TopicTail.consumer(client)) {
      String changelog = ChangelogReader.topic(config.applicationId());
      while (serviceRuns.getAsBoolean()) {
        ModelEntry stored = ChangelogReader.read(consumer, changelog).get(model);
        if (stored != null && stored.lineage().offset() >= lastBatch) {
          return ModelCodec.weightsSha256(stored);
        }
        Thread.sleep(STORED_POLL.toMillis());
      }
      throw new ServiceStoppedException();
    }
  }

  /** What the predictions of labeled batches add up to. */
  private static final class Learned {
    private long correct;
    private long lastOffset;

    void add(PredictionBatch prediction) {
      correct += prediction.getScore().getCorrect();
      lastOffset = prediction.getInput().getOffset();
    }
  }
}
