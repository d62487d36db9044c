package io.streamgrad.cli;

import io.streamgrad.config.Partitioner;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.dataset.Split;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Streams a data set. */
@Command(name = "produce", description = "Streams a data set's images as batches.")
final class ProduceCommand implements Callable<Integer> {
  private static final double SLOWEST = 1e-5; // images a second

  @Spec private CommandSpec spec;
  @Mixin private ClientOptions client;
  @Mixin private DatasetOption dataset;

  @Option(
      names = "--split",
      paramLabel = "train|test",
      defaultValue = "train",
      description = "Which of its images (default: ${DEFAULT-VALUE}).")
  private Split split;

  @Option(
      names = "--topic",
      paramLabel = "TOPIC",
      defaultValue = "streamgrad.images",
      description = "Where to (default: ${DEFAULT-VALUE}).")
  private String topic;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      defaultValue = "default",
      description = "The model they are for: the records' key (default: ${DEFAULT-VALUE}).")
  private String model;

  @Option(
      names = "--partitioner",
      paramLabel = "murmur2|crc32",
      defaultValue = "murmur2",
      description =
          "Finds the model's partition; as the service's models.partitioner (default:"
              + " ${DEFAULT-VALUE}).")
  private Partitioner partitioner;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "16",
      description = "Images in a batch (default: ${DEFAULT-VALUE}).")
  private int batchSize;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Images in all (default: the whole data set, as often as --repeat says).")
  private @Nullable Long limit;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "1",
      description = "Passes over the data set (default: ${DEFAULT-VALUE}).")
  private int repeat;

  @Option(
      names = "--shuffle-seed",
      paramLabel = "N",
      description = "Shuffles each pass, by this seed (default: file order).")
  private @Nullable Long shuffleSeed;

  @Option(
      names = "--rate",
      paramLabel = "IMG/S",
      description = "Images a second (default: as fast as possible).")
  private @Nullable Double rate;

  @Option(
      names = "--classes",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "The model's number of classes: nothing is sent where a label is not one of them "
              + "(default: ${DEFAULT-VALUE}).")
  private int classes;

  @Option(names = "--unlabeled", description = "Send no labels: predict only, learn nothing.")
  private boolean unlabeled;

  @Option(
      names = "--label-delay",
      paramLabel = "IMAGES",
      description =
          "Send the labels to a topic of their own, when so many more images have been sent.")
  private @Nullable Long labelDelay;

  @Option(
      names = "--labels-topic",
      paramLabel = "TOPIC",
      defaultValue = "streamgrad.labels",
      description = "Where --label-delay sends them (default: ${DEFAULT-VALUE}).")
  private String labelsTopic;

  @Override
  public Integer call() throws InterruptedException {
    Arguments.requireModelName(spec, "--model", model);
    Arguments.require(spec, batchSize >= 1, "--batch-size", batchSize, "1 or above");
    Arguments.require(spec, repeat >= 1, "--repeat", repeat, "1 or above");
    Arguments.require(spec, limit == null || limit >= 0, "--limit", limit, "0 or above");
    Arguments.require(
        spec,
        rate == null || (rate >= SLOWEST && Double.isFinite(rate)),
        "--rate",
        rate,
        "%s (one a day) or above".formatted(SLOWEST));
    Arguments.require(
        spec, labelDelay == null || labelDelay >= 0, "--label-delay", labelDelay, "0 or above");
    Arguments.require(
        spec,
        labelDelay == null || !unlabeled,
        "--label-delay",
        labelDelay,
        "left out where --unlabeled sends no labels");
    Arguments.require(spec, classes >= 1 && classes <= 256, "--classes", classes, "from 1 to 256");
    ImageDataset images = dataset.read(split);
    if (!unlabeled) {
      dataset.requireClasses(images, classes);
    }
    Batches batches = Batches.of(images, batchSize).repeat(repeat);
    if (shuffleSeed != null) {
      batches = batches.shuffled(shuffleSeed);
    }
    if (limit != null) {
      batches = batches.limit(limit);
    }
    try (BatchProducer producer =
        new BatchProducer(client.ofAnsweringBroker(), topic, labelsTopic, model, partitioner)) {
      send(batches, producer);
    }
    System.out.printf(
        "sent %,d images in %,d batches to %s%n", batches.images(), batches.count(), topic);
    return ExitCode.OK;
  }

  private void send(Batches batches, BatchProducer producer) throws InterruptedException {
    LateLabelSender late = labelDelay == null ? null : new LateLabelSender(producer, labelDelay);
    String run = "produce-" + Uuid.randomUuid();
    long start = System.nanoTime();
    long images = 0;
    long number = 0;
    for (Batch batch : batches) {
      if (rate != null) {
        long due = start + (long) (images / rate * 1e9);
        TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
      }
      if (late == null) {
        producer.send(batch, "", !unlabeled);
      } else {
        late.send(batch, "%s/%d".formatted(run, number++));
      }
      images += batch.count();
    }
    if (late != null) {
      late.finish();
    }
    producer.flush();
  }
}
