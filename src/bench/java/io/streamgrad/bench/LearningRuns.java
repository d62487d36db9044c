package io.streamgrad.bench;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.dataset.Split;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.Drift;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;

/**
 * What one pass over a data set reaches, over many seeds from 100 on: trains in memory by the
 * service's own learner, in batches of 16 in the order of the files, and prints a section.
 * Arguments: mnist, fashion, replay, replay-fashion or drift; the number of seeds; Fashion-MNIST's
 * directory.
 */
public final class LearningRuns {
  private static final int IMAGES = 16;
  private static final long CHANGE = 30_000; // images, a multiple of those of a batch
  private static final int PASSES = 25;
  private static final long FIRST_SEED = 100; // settings were chosen on those from 0 to 19
  private static final Map<String, String> REPLAY =
      Map.of(
          "model.drift.detector", "adwin",
          "model.replay.images", "10000",
          "model.replay.shift", "1");

  private LearningRuns() {}

  /** A configuration, by the settings that differ from the defaults. */
  private record Row(String name, Map<String, String> settings) {}

  private record Data(String name, ImageDataset train, ImageDataset test) {}

  /** Of one seed, in percent. */
  private record Result(double prequential, double heldOut) {}

  public static void main(String[] args) {
    int seeds = Integer.parseInt(args[1]);
    switch (args[0]) {
      case "mnist" -> scaling(mnist(), seeds);
      case "fashion" -> scaling(fashion(args[2]), seeds);
      case "replay" -> again(mnist(), "## Learning again", seeds);
      case "replay-fashion" -> again(fashion(args[2]), "## Learning Fashion-MNIST again", seeds);
      case "drift" -> drifts(Datasets.mnist(Split.TRAIN), seeds);
      default -> throw new IllegalArgumentException("no section " + args[0]);
    }
  }

  private static Data mnist() {
    return new Data("MNIST", Datasets.mnist(Split.TRAIN), Datasets.mnist(Split.TEST));
  }

  private static Data fashion(String directory) {
    Path path = Path.of(directory);
    return new Data("Fashion-MNIST", Datasets.in(path, Split.TRAIN), Datasets.in(path, Split.TEST));
  }

  /** When each detector notices, and how often where nothing changes. */
  private static void drifts(ImageDataset train, int seeds) {
    System.out.println("## When the labels change");
    System.out.println();
    System.out.printf(
        "MNIST in the order of its files, seeds 100 to %d; from image 30,000 on every label is the"
            + " next one.%nThe last columns are of %d passes over shuffled MNIST, 1.5 million"
            + " images, in which nothing changes: of a model that learns each image once, and of"
            + "%none that learns as README recommends for a changing world.%n%n",
        FIRST_SEED + seeds - 1, PASSES);
    System.out.println(
        "| `drift.detector` | noticed after, images | lowest to highest | missed | alarms before"
            + " it, in all runs | false alarms | as recommended |");
    System.out.println("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (String detector : List.of("adwin", "page-hinkley", "two-averages")) {
      List<List<Long>> alarms =
          LongStream.range(FIRST_SEED, FIRST_SEED + seeds)
              .parallel()
              .mapToObj(seed -> alarms(detector(detector, seed), Batches.of(train, IMAGES), CHANGE))
              .toList();
      LongSummaryStatistics noticed =
          alarms.stream()
              .flatMap(all -> all.stream().filter(image -> image > CHANGE).limit(1))
              .mapToLong(image -> image - CHANGE)
              .summaryStatistics();
      long before = alarms.stream().flatMap(List::stream).filter(image -> image <= CHANGE).count();
      Map<String, String> recommended = ShiftRuns.settings(ShiftRuns.WORLD);
      recommended.putAll(detector(detector, FIRST_SEED));
      System.out.printf(
          Locale.ROOT,
          "| `%s` | %.0f | %d to %d | %d | %d | %d | %d |%n",
          detector,
          noticed.getAverage(),
          noticed.getMin(),
          noticed.getMax(),
          alarms.size() - noticed.getCount(),
          before,
          falseAlarms(train, detector(detector, FIRST_SEED)),
          falseAlarms(train, recommended));
    }
    System.out.println();
  }

  private static Map<String, String> detector(String detector, long seed) {
    return Map.of("model.seed", Long.toString(seed), "model.drift.detector", detector);
  }

  private static int falseAlarms(ImageDataset train, Map<String, String> settings) {
    Batches batches = Batches.of(train, IMAGES).shuffled(1).repeat(PASSES);
    return alarms(settings, batches, Long.MAX_VALUE).size();
  }

  /** The images after which a detector has found something. */
  private static List<Long> alarms(Map<String, String> settings, Batches batches, long change) {
    ModelSpec spec = ConfigLoader.load(null, Map.of(), settings).model("run");
    ModelState state = ModelState.initial(spec);
    Learner learner = new Learner(spec);
    List<Long> alarms = new ArrayList<>();
    long seen = 0;
    for (Batch images : batches) {
      byte[] labels = images.labels();
      for (int i = 0; i < labels.length && seen >= change; i++) {
        labels[i] = (byte) ((labels[i] + 1) % spec.classes());
      }
      MiniBatch batch = MiniBatch.of(spec.inputs(), images.pixels(), labels);
      Prediction prediction = learner.predict(state, batch);
      Evaluation evaluation = Evaluation.of(prediction, batch);
      UpdateOutcome outcome = learner.learn(state, batch, prediction, evaluation);
      seen += batch.images();
      if (learner.detect(state, batch, prediction, evaluation, outcome) instanceof Drift) {
        alarms.add(seen);
      }
    }
    return alarms;
  }

  private static void scaling(Data data, int seeds) {
    System.out.printf("## %s%n%n", data.name());
    Map<String, String> unit = Map.of("model.input-scaling", "unit");
    table(
        data,
        List.of(
            new Row("784-10-10", Map.of()),
            new Row("784-10-10, `input-scaling: unit`", unit),
            new Row("784-128-10", wide(Map.of())),
            new Row("784-128-10, `input-scaling: unit`", wide(unit))),
        seeds);
  }

  private static void again(Data data, String title, int seeds) {
    System.out.printf(
        "%s%n%n%s in the order of its files. Rows with `replay` have `drift.detector: adwin`,"
            + " `policy: reservoir`, `shift: 1`.%n%n",
        title, data.name());
    table(
        data,
        List.of(
            new Row("784-10-10", Map.of()),
            new Row("`images: 2000, per-batch: 1`", with("model.replay.images", "2000")),
            new Row("`images: 10000, per-batch: 1`", REPLAY),
            new Row("`images: 10000, per-batch: 4`", with("model.replay.per-batch", "4")),
            new Row("784-128-10", wide(Map.of())),
            new Row("784-128-10, `images: 10000, per-batch: 1`", wide(REPLAY))),
        seeds);
  }

  private static Map<String, String> with(String key, String value) {
    Map<String, String> settings = new HashMap<>(REPLAY);
    settings.put(key, value);
    return settings;
  }

  private static Map<String, String> wide(Map<String, String> settings) {
    Map<String, String> wide = new HashMap<>(settings);
    wide.put("model.layers", "[784, 128, 10]");
    return wide;
  }

  private static void table(Data data, List<Row> rows, int seeds) {
    System.out.println(
        "| model | seeds | prequential | lowest to highest | held-out | lowest to highest |");
    System.out.println("| --- | --- | ---: | ---: | ---: | ---: |");
    for (Row row : rows) {
      List<Result> results =
          LongStream.range(FIRST_SEED, FIRST_SEED + seeds)
              .parallel()
              .mapToObj(seed -> run(data, row, seed))
              .toList();
      System.out.printf(
          "| %s | %d to %d | %s | %s |%n",
          row.name(),
          FIRST_SEED,
          FIRST_SEED + seeds - 1,
          summary(results, Result::prequential),
          summary(results, Result::heldOut));
    }
    System.out.println();
  }

  /** Mean and deviation, lowest and highest. */
  private static String summary(List<Result> results, ToDoubleFunction<Result> number) {
    DoubleSummaryStatistics all = results.stream().mapToDouble(number).summaryStatistics();
    double squares =
        results.stream()
            .mapToDouble(result -> Math.pow(number.applyAsDouble(result) - all.getAverage(), 2))
            .sum();
    return String.format(
        Locale.ROOT,
        "%.2f ± %.2f | %.2f to %.2f",
        all.getAverage(),
        Math.sqrt(squares / (all.getCount() - 1)),
        all.getMin(),
        all.getMax());
  }

  private static Result run(Data data, Row row, long seed) {
    Map<String, String> settings = new HashMap<>(row.settings());
    settings.put("model.seed", Long.toString(seed));
    ModelSpec spec = ConfigLoader.load(null, Map.of(), settings).model("run");
    ModelState state = ModelState.initial(spec);
    Learner learner = new Learner(spec);
    for (Batch images : Batches.of(data.train(), IMAGES)) {
      MiniBatch batch = MiniBatch.of(spec.inputs(), images.pixels(), images.labels());
      Prediction prediction = learner.predict(state, batch);
      Evaluation evaluation = Evaluation.of(prediction, batch);
      state.count(batch, prediction, evaluation);
      learner.learn(state, batch, prediction, evaluation);
    }
    double prequential = 100 * state.lifetime().snapshot().accuracy();
    return new Result(prequential, heldOut(learner, state, data.test()));
  }

  static double heldOut(Learner learner, ModelState state, ImageDataset test) {
    long correct = 0;
    for (Batch images : Batches.of(test, 500)) {
      int inputs = state.parameters().layers().get(0);
      MiniBatch batch = MiniBatch.of(inputs, images.pixels(), images.labels());
      correct += Evaluation.of(learner.predict(state, batch), batch).correct();
    }
    return 100.0 * correct / test.count();
  }
}
