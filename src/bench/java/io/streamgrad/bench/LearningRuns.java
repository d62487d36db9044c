package io.streamgrad.bench;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.dataset.Split;
import io.streamgrad.learner.Learner;
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
 * What one pass over a data set reaches, over many seeds: trains in memory by the service's own
 * learner, in batches of 16 in the order of the files, and prints tables. Arguments:
 * Fashion-MNIST's directory, if it is there.
 */
public final class LearningRuns {
  private static final int IMAGES = 16;
  private static final long CHANGE = 30_000; // images, a multiple of those of a batch
  private static final int PASSES = 25;
  private static final String CENTER = "model.input-scaling";

  private LearningRuns() {}

  /** A configuration, by the settings that differ from the defaults. */
  private record Row(String name, Map<String, String> settings) {}

  private record Data(String name, ImageDataset train, ImageDataset test) {}

  /** Of one seed, in percent. */
  private record Result(double prequential, double heldOut) {}

  public static void main(String[] args) {
    Data mnist = new Data("MNIST", Datasets.mnist(Split.TRAIN), Datasets.mnist(Split.TEST));
    table(mnist);
    if (args.length > 0) {
      Path directory = Path.of(args[0]);
      table(
          new Data(
              "Fashion-MNIST",
              Datasets.in(directory, Split.TRAIN),
              Datasets.in(directory, Split.TEST)));
    }
    drifts(mnist.train());
  }

  /** When each detector notices, and how often where nothing changes. */
  private static void drifts(ImageDataset train) {
    System.out.println("## When the labels change");
    System.out.println();
    System.out.printf(
        "MNIST in the order of its files, seeds 100 to 119; from image 30,000 on every label is the"
            + " next one.%nThe last column is of %d passes over shuffled MNIST, 1.5 million images,"
            + " in which nothing changes.%n%n",
        PASSES);
    System.out.println(
        "| `drift.detector` | noticed after, images | lowest to highest | missed | alarms before"
            + " it, in 20 runs | false alarms |");
    System.out.println("| --- | ---: | ---: | ---: | ---: | ---: |");
    for (String detector : List.of("adwin", "page-hinkley", "two-averages")) {
      List<List<Long>> alarms =
          LongStream.range(100, 120)
              .parallel()
              .mapToObj(seed -> alarms(detector, seed, Batches.of(train, IMAGES), CHANGE))
              .toList();
      LongSummaryStatistics noticed =
          alarms.stream()
              .flatMap(all -> all.stream().filter(image -> image > CHANGE).limit(1))
              .mapToLong(image -> image - CHANGE)
              .summaryStatistics();
      long before = alarms.stream().flatMap(List::stream).filter(image -> image <= CHANGE).count();
      int still =
          alarms(
                  detector,
                  100,
                  Batches.of(train, IMAGES).shuffled(1).repeat(PASSES),
                  Long.MAX_VALUE)
              .size();
      System.out.printf(
          Locale.ROOT,
          "| `%s` | %.0f | %d to %d | %d | %d | %d |%n",
          detector,
          noticed.getAverage(),
          noticed.getMin(),
          noticed.getMax(),
          alarms.size() - noticed.getCount(),
          before,
          still);
    }
    System.out.println();
  }

  /** The images after which a detector has found something. */
  private static List<Long> alarms(String detector, long seed, Batches batches, long change) {
    Map<String, String> settings =
        Map.of("model.seed", Long.toString(seed), "model.drift.detector", detector);
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
      if (learner.detect(state, batch, prediction, evaluation, outcome) != null) {
        alarms.add(seen);
      }
    }
    return alarms;
  }

  private static void table(Data data) {
    List<Row> rows =
        List.of(
            new Row("`input-scaling: unit`", Map.of(CENTER, "unit")),
            new Row("`input-scaling: center`", Map.of(CENTER, "center")),
            new Row("784-128-10, `unit`", Map.of(CENTER, "unit", "model.layers", "[784, 128, 10]")),
            new Row(
                "784-128-10, `center`",
                Map.of(CENTER, "center", "model.layers", "[784, 128, 10]")));
    System.out.printf("## %s%n%n", data.name());
    System.out.println(
        "| model | seeds | prequential | lowest to highest | held-out | lowest to highest |");
    System.out.println("| --- | --- | ---: | ---: | ---: | ---: |");
    for (Row row : rows) {
      for (long first : new long[] {0, 100}) {
        List<Result> results =
            LongStream.range(first, first + 20)
                .parallel()
                .mapToObj(seed -> run(data, row, seed))
                .toList();
        System.out.printf(
            "| %s | %d to %d | %s | %s |%n",
            row.name(),
            first,
            first + 19,
            summary(results, Result::prequential),
            summary(results, Result::heldOut));
      }
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
