package io.streamgrad.bench;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.DatasetShift;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What a model makes of a stream that changes: one pass over MNIST in memory, by the service's own
 * learner, for seeds 100 on. Prints a section. Arguments: the number of seeds, and the shifts to
 * look at; all without any.
 */
public final class ShiftRuns {
  private static final int IMAGES = 16;
  private static final int LEVEL = 2000; // images before a change
  private static final int LAST = 500;
  private static final String ADWIN = "drift.detector=adwin";
  private static final String ARCHIVE = " drift.archive=2";
  static final String WORLD =
      ADWIN
          + " drift.response=challenger"
          + ARCHIVE
          + " replay.images=10000 replay.per-batch=4 replay.shift=1 replay.policy=balanced";

  private ShiftRuns() {}

  private static String responding(String response) {
    return WORLD.replace(ARCHIVE, "").replace("challenger", response);
  }

  /** A configuration, as key=value below "model". */
  private record Row(String name, String settings) {}

  /** Of one seed; in percent, and in images. */
  private record Result(
      double prequential, double heldOut, double noticed, double recovered, double alarms) {}

  public static void main(String[] args) {
    int seeds = Integer.parseInt(args[0]);
    ImageDataset train = Datasets.mnist(Split.TRAIN);
    ImageDataset test = Datasets.mnist(Split.TEST);
    List<DatasetShift> shifts =
        Arrays.stream(args).skip(1).map(DatasetShift::valueOf).collect(Collectors.toList());
    shifts(train, test, shifts.isEmpty() ? List.of(DatasetShift.values()) : shifts, seeds);
  }

  private static void shifts(
      ImageDataset train, ImageDataset test, List<DatasetShift> shifts, int seeds) {
    System.out.println("## When the world changes");
    System.out.println();
    System.out.printf(
        "MNIST, as `demo --drift` has it: from image 30,000 on every label is"
            + " the next one (permute), that in every%nsecond 10,000 images (recurring), images"
            + " that turn by 90 degrees over the pass (rotate), classes 0 to 4 and then 5 to 9"
            + " (classes).%n*Held-out* is of all test images as they are at the end. *Recovered* is"
            + " when of the last 500 images as many were predicted right, to one%npoint, as of the"
            + " 2,000 before the change; of several changes the mean, and where it never was, the"
            + " images until the next one.%nThe first rows are the defaults with `drift.detector:"
            + " adwin` and a response, *world* is the configuration that README recommends, *fifo*"
            + " the same%nwith `replay: {images: 2000, policy: fifo}`. A takeover counts as no"
            + " alarm.%n%n");
    System.out.println(
        "| what changes | model | seeds | prequential | held-out | lowest | noticed after |"
            + " recovered after | highest |");
    System.out.println("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (DatasetShift shift : shifts) {
      for (Row row :
          List.of(
              new Row("`report`", ADWIN),
              new Row("`boost-rate`", ADWIN + " drift.response=boost-rate"),
              new Row("`restart-average`", ADWIN + " drift.response=restart-average"),
              new Row("`challenger`", ADWIN + " drift.response=challenger"),
              new Row("world", WORLD),
              new Row("784-128-10, world", WORLD + " layers=[784,128,10]"),
              new Row("world, `archive: 0`", WORLD.replace(ARCHIVE, "")),
              new Row("world, `boost-rate`", responding("boost-rate")),
              new Row("world, `restart-average`", responding("restart-average")),
              new Row("world, `two-averages`", WORLD.replace("adwin", "two-averages")),
              new Row(
                  "fifo, `two-averages`",
                  WORLD
                      .replace("adwin", "two-averages")
                      .replace("10000", "2000")
                      .replace("balanced", "fifo")))) {
        List<Result> results = results(shift.stream(train), shift.end(test), shift, row, seeds);
        System.out.printf(
            Locale.ROOT,
            "| %s | %s | 100 to %d | %.1f | %.1f | %.1f | %s | %s |%n",
            shift.name().toLowerCase(Locale.ROOT),
            row.name(),
            99 + seeds,
            all(results, Result::prequential).getAverage(),
            all(results, Result::heldOut).getAverage(),
            all(results, Result::heldOut).getMin(),
            shift == DatasetShift.ROTATE
                ? "- (%.1f alarms)".formatted(all(results, Result::alarms).getAverage())
                : "%.0f".formatted(all(results, Result::noticed).getAverage()),
            shift == DatasetShift.ROTATE || shift == DatasetShift.CLASSES
                ? "- | -"
                : "%,.0f | %,.0f"
                    .formatted(
                        all(results, Result::recovered).getAverage(),
                        all(results, Result::recovered).getMax()));
      }
    }
    System.out.println();
  }

  private static List<Result> results(
      ImageDataset train, ImageDataset test, @Nullable DatasetShift shift, Row row, int seeds) {
    List<Integer> changes = changes(train, shift);
    return LongStream.range(100, 100 + seeds)
        .parallel()
        .mapToObj(seed -> run(train, test, changes, row, seed))
        .toList();
  }

  /** The images before which something changes at once. */
  private static List<Integer> changes(ImageDataset train, @Nullable DatasetShift shift) {
    int count = train.count();
    List<Integer> changes = new ArrayList<>();
    if (shift == DatasetShift.PERMUTE) {
      changes.add(count / 2);
    } else if (shift == DatasetShift.RECURRING) {
      for (int part = 1; part < 6; part++) {
        changes.add(part * count / 6);
      }
    } else if (shift == DatasetShift.CLASSES) {
      int first = 0;
      while (train.label(first) < 5) {
        first++;
      }
      changes.add(first);
    }
    return changes;
  }

  private static Result run(
      ImageDataset train, ImageDataset test, List<Integer> changes, Row row, long seed) {
    Map<String, String> settings = settings(row.settings());
    settings.put("model.seed", Long.toString(seed));
    ModelSpec spec = ConfigLoader.load(null, Map.of(), settings).model("run");
    ModelState state = ModelState.initial(spec);
    Learner learner = new Learner(spec);
    boolean[] right = new boolean[train.count()];
    List<Integer> alarms = new ArrayList<>();
    int seen = 0;
    for (Batch images : Batches.of(train, IMAGES)) {
      MiniBatch batch = MiniBatch.of(spec.inputs(), images.pixels(), images.labels());
      Prediction prediction = learner.predict(state, batch);
      Evaluation evaluation = Evaluation.of(prediction, batch);
      state.count(batch, prediction, evaluation);
      UpdateOutcome outcome = learner.learn(state, batch, prediction, evaluation);
      for (int i = 0; i < batch.images(); i++) {
        right[seen++] = prediction.classes()[i] == batch.label(i);
      }
      if (learner.detect(state, batch, prediction, evaluation, outcome) instanceof Drift) {
        alarms.add(seen);
      }
    }
    return new Result(
        100 * state.lifetime().snapshot().accuracy(),
        LearningRuns.heldOut(learner, state, test),
        changes.stream()
            .mapToInt(change -> noticed(alarms, change, seenUntil(changes, change, right)))
            .average()
            .orElse(0),
        changes.stream()
            .mapToInt(change -> recovered(right, change, seenUntil(changes, change, right)))
            .average()
            .orElse(0),
        alarms.size());
  }

  /** Of a model, from key=value below "model". */
  static Map<String, String> settings(String values) {
    Map<String, String> settings = new HashMap<>();
    for (String setting : values.strip().split(" ", -1)) {
      settings.put("model." + setting.split("=", -1)[0], setting.split("=", -1)[1]);
    }
    return settings;
  }

  private static int seenUntil(List<Integer> changes, int change, boolean[] right) {
    return changes.stream().filter(other -> other > change).findFirst().orElse(right.length);
  }

  private static int noticed(List<Integer> alarms, int change, int end) {
    return alarms.stream().filter(at -> at > change).findFirst().orElse(end) - change;
  }

  private static int recovered(boolean[] right, int change, int end) {
    double level = share(right, change - LEVEL, change);
    for (int at = change + LAST; at <= end; at++) {
      if (share(right, at - LAST, at) >= level - 0.01) {
        return at - change;
      }
    }
    return end - change;
  }

  private static double share(boolean[] right, int from, int to) {
    int count = 0;
    for (int i = from; i < to; i++) {
      count += right[i] ? 1 : 0;
    }
    return (double) count / (to - from);
  }

  private static DoubleSummaryStatistics all(
      List<Result> results, ToDoubleFunction<Result> number) {
    return results.stream().mapToDouble(number).summaryStatistics();
  }
}
