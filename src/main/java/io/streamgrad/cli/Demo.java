package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.format.ModelCodec;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.MessageReader;
import java.time.Duration;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.ObjIntConsumer;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * Streams a data set through a running service, as any producer would, and reads the predictions
 * back, as any consumer would.
 */
final class Demo {
  private static final String TEST_PREFIX = "test-";
  private static final Duration STORED_POLL = Duration.ofMillis(200);

  private final ServiceConfig config;
  private final String model;
  private final BooleanSupplier serviceRuns;
  private final Map<String, Object> client;
  private final MessageReader<PredictionBatch> reader =
      new MessageReader<>(PredictionBatch.getDefaultInstance());

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

  /** Learns from the batches, then predicts the test images without their labels. */
  DemoSummary run(Batches training, ImageDataset test, int testBatchSize, boolean terminal)
      throws InterruptedException {
    try (TopicTail predictions = new TopicTail(client, config.topics().predictions(), false)) {
      long start = System.nanoTime();
      BackgroundSend sending = BackgroundSend.start(() -> send(training, "train-", true));
      Tally learned = new Tally();
      try (DemoProgress progress = new DemoProgress(training.images(), terminal)) {
        read(
            predictions,
            training.images(),
            sending,
            (prediction, images) -> {
              learned.add(images, prediction.getScore().getCorrect());
              learned.lastBatch = prediction.getInput().getOffset();
              progress.add(
                  images,
                  prediction.getScore().getCorrect(),
                  prediction.getScore().getMeanLoss() * images);
            });
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      double heldOut = heldOutAccuracy(predictions, test, testBatchSize);
      return new DemoSummary(
          training.images(),
          training.count(),
          learned.accuracy(),
          heldOut,
          training.images() / seconds,
          weightsSha256(learned.lastBatch));
    }
  }

  private double heldOutAccuracy(TopicTail predictions, ImageDataset test, int batchSize)
      throws InterruptedException {
    BackgroundSend sending =
        BackgroundSend.start(() -> send(Batches.of(test, batchSize), TEST_PREFIX, false));
    Tally right = new Tally();
    read(
        predictions,
        test.count(),
        sending,
        (prediction, images) -> {
          int first =
              Integer.parseInt(prediction.getBatchId().substring(TEST_PREFIX.length())) * batchSize;
          int correct = 0;
          for (int i = 0; i < images; i++) {
            correct += prediction.getClasses(i) == test.label(first + i) ? 1 : 0;
          }
          right.add(images, correct);
        });
    return right.accuracy();
  }

  private void send(Batches batches, String idPrefix, boolean labeled) {
    try (BatchProducer producer =
        new BatchProducer(client, config.topics().images(), model, config.models().partitioner())) {
      int number = 0;
      for (Batch batch : batches) {
        producer.send(batch, idPrefix + number++, labeled);
      }
      producer.flush();
    }
  }

  /** Reads predictions of our model until so many images have come. */
  private void read(
      TopicTail predictions,
      long images,
      BackgroundSend sending,
      ObjIntConsumer<PredictionBatch> action)
      throws InterruptedException {
    long left = images;
    while (left > 0) {
      sending.check();
      if (!serviceRuns.getAsBoolean()) {
        throw new ServiceStoppedException();
      }
      for (ConsumerRecord<byte[], byte[]> record : predictions.poll()) {
        PredictionBatch prediction =
            reader.deserialize(record.topic(), record.headers(), record.value());
        if (prediction.getModel().equals(model)) {
          action.accept(prediction, prediction.getClassesCount());
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

  /** Counts right predictions. */
  private static final class Tally {
    private long images;
    private long correct;
    private long lastBatch; // offset

    void add(int batchImages, int batchCorrect) {
      images += batchImages;
      correct += batchCorrect;
    }

    double accuracy() {
      return (double) correct / images;
    }
  }
}
