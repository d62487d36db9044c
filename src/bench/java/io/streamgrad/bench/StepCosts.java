package io.streamgrad.bench;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.Split;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.Archive;
import io.streamgrad.model.Challenger;
import io.streamgrad.model.DriftSpec;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * What a step of one configuration costs beside that of another, in one process: both take turns
 * every few milliseconds, so that whatever else the machine does is shared. Prints a table's rows.
 */
public final class StepCosts {
  private static final int STEPS = 500; // of a turn
  private static final int TURNS = 400;
  private static final int WARM_UP = 100; // turns
  private static final Evaluation SCORED = new Evaluation(1, 0, 0); // is only asked if it is finite

  private StepCosts() {}

  private static final class Contender {
    private final String name;
    private final Learner learner;
    private final ModelState state;
    private final double[] micros = new double[TURNS];

    Contender(String name, Map<String, String> settings) {
      this.name = name;
      ModelSpec spec = ConfigLoader.load(null, Map.of(), settings).model("cost");
      learner = new Learner(spec);
      state = ModelState.initial(spec);
    }

    void turn(int turn, List<MiniBatch> batches) {
      long start = System.nanoTime();
      for (int step = 0; step < STEPS; step++) {
        MiniBatch batch = batches.get((turn * STEPS + step) % batches.size());
        Prediction prediction = learner.predict(state, batch);
        Evaluation evaluation = Evaluation.of(prediction, batch);
        state.count(batch, prediction, evaluation);
        learner.learn(state, batch, prediction, evaluation);
      }
      micros[turn % TURNS] = (System.nanoTime() - start) / 1e3 / STEPS;
    }

    /** The p-th part of the turns took no longer. */
    double quantile(double p) {
      double[] sorted = micros.clone();
      Arrays.sort(sorted);
      return sorted[(int) (p * TURNS)];
    }
  }

  /** One with a challenger, which nobody judges. */
  private static Contender competing() {
    Contender contender =
        new Contender(
            "`center`, a challenger",
            Map.of(
                "model.input-scaling", "center",
                "model.drift.detector", "adwin",
                "model.drift.response", "challenger"));
    ModelState state = contender.state;
    state
        .drift()
        .keepChallenger(
            new Challenger(
                state.competing(state.parameters().copy(), null, List.of(), 0),
                new Challenger.Counters()));
    return contender;
  }

  private static Contender replaying(int perBatch) {
    return new Contender(
        "`center`, `replay.per-batch: %d`".formatted(perBatch),
        Map.of(
            "model.input-scaling", "center",
            "model.drift.detector", "adwin",
            "model.replay.images", "10000",
            "model.replay.shift", "1",
            "model.replay.per-batch", Integer.toString(perBatch)));
  }

  /** What a detector takes by itself, of batches as a trained model predicts them. */
  private static void detector(
      DriftSpec.Detector kind, Contender trained, List<MiniBatch> batches, double step) {
    trained.state.drift().detectBy(kind);
    String name = kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
    alone("`drift.detector: " + name + "` alone", trained, batches, step, batch -> {});
  }

  /**
   * What a model that may respond to drift takes beside its steps where nothing happens: its
   * detector, and its history with two earlier models in it.
   */
  private static void responding(Contender trained, List<MiniBatch> batches, double step) {
    ModelState state = trained.state;
    state.drift().detectBy(DriftSpec.Detector.ADWIN);
    for (int earlier = 0; earlier < 2; earlier++) {
      state.drift().archive().keep(new Archive.Earlier(state.parameters().copy(), 1));
    }
    String name = "`adwin`, `archive: 2` and the history alone";
    IntConsumer remember = batch -> state.remember(batch, UpdateOutcome.UPDATED, SCORED);
    alone(name, trained, batches, step, remember);
  }

  private static void alone(
      String name,
      Contender trained,
      List<MiniBatch> batches,
      double step,
      IntConsumer afterDetecting) {
    List<Prediction> predictions =
        batches.stream()
            .map(batch -> trained.learner.predictUnchanged(trained.state, batch))
            .toList();
    double[] micros = new double[TURNS];
    for (int turn = 0; turn < WARM_UP + TURNS; turn++) {
      long start = System.nanoTime();
      for (int i = 0; i < batches.size(); i++) {
        Prediction prediction = predictions.get(i);
        MiniBatch batch = batches.get(i);
        trained.learner.detect(trained.state, batch, prediction, SCORED, UpdateOutcome.UPDATED);
        afterDetecting.accept(i);
      }
      micros[turn % TURNS] = (System.nanoTime() - start) / 1e3 / batches.size();
    }
    Arrays.sort(micros);
    int images = batches.get(0).images();
    System.out.printf(
        "| %s | %d | %.2f | %.2f | %.3f | %.3f |%n",
        name,
        images,
        micros[TURNS / 10],
        micros[TURNS / 2],
        micros[TURNS / 10] / step,
        micros[TURNS / 2] / step);
  }

  public static void main(String[] args) {
    for (int images : new int[] {16, 64}) {
      List<MiniBatch> batches = new ArrayList<>();
      for (Batch batch : Batches.of(Datasets.mnist(Split.TRAIN), images)) {
        batches.add(MiniBatch.of(784, batch.pixels(), batch.labels()));
      }
      List<Contender> contenders =
          List.of(
              new Contender("`unit`", Map.of("model.input-scaling", "unit")),
              new Contender("`center`", Map.of("model.input-scaling", "center")),
              competing(),
              replaying(1),
              replaying(4));
      for (int turn = 0; turn < WARM_UP + TURNS; turn++) {
        for (Contender contender : contenders) {
          contender.turn(turn, batches);
        }
      }
      Contender first = contenders.get(0);
      for (Contender contender : contenders) {
        System.out.printf(
            "| %s | %d | %.1f | %.1f | %.3f | %.3f |%n",
            contender.name,
            images,
            contender.quantile(0.1),
            contender.quantile(0.5),
            contender.quantile(0.1) / first.quantile(0.1),
            contender.quantile(0.5) / first.quantile(0.5));
      }
      for (DriftSpec.Detector kind : DriftSpec.Detector.values()) {
        if (kind != DriftSpec.Detector.NONE) {
          detector(kind, first, batches, first.quantile(0.1));
        }
      }
      responding(first, batches, first.quantile(0.1));
    }
  }
}
