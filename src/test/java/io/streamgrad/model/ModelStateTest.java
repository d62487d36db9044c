package io.streamgrad.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ModelStateTest {
  private static final ModelSpec SPEC =
      new ModelSpec(
          List.of(2, 2),
          1,
          4,
          ModelSpec.InputScaling.UNIT,
          0,
          10,
          new LearningRateSpec(LearningRateSpec.Schedule.CONSTANT, 0.1, 0, 1, 0.5),
          new OptimizerSpec(OptimizerSpec.Type.SGD, 0.9, 0.9, 0.999, 1e-8, 0, 0));
  private static final MiniBatch BATCH = MiniBatch.of(2, new byte[2], new byte[1]);
  private static final Prediction PREDICTION =
      new Prediction(0, false, new int[1], new float[2], new float[1], new float[2]);

  private final ModelState state = ModelState.initial(SPEC);

  @Test
  void aBatchIsCountedInBothScores() {
    state.count(BATCH, PREDICTION, new Evaluation(1, 1, 0.5));

    assertThat(state.lifetime().snapshot().lossSum()).isEqualTo(0.5);
    assertThat(state.window().images()).isEqualTo(1);
  }

  /** One of them would make the score's loss NaN for good. */
  @Test
  void aBatchWhoseLossIsNotFiniteIsNotCounted() {
    state.count(BATCH, PREDICTION, new Evaluation(1, 0, Double.NaN));
    state.count(BATCH, PREDICTION, new Evaluation(1, 0, Double.POSITIVE_INFINITY));

    assertThat(state.lifetime().images()).isZero();
    assertThat(state.window().images()).isZero();
  }

  /** The oracle compares states so: what is left out of it, nobody looks at. */
  @Test
  void withOtherLastGoodWeightsAllElseIsThere() {
    state.keepPending(new PendingBatches());
    state.gather(BATCH, 4, 0);
    state.drift().detectBy(DriftSpec.Detector.ADWIN);
    state.drift().keepBoostedSince(7);
    state.drift().keepChallenger(Challenger.of(state, 1));
    state.drift().archive().add(new Archive.Earlier(state.parameters().copy(), 3));
    state.keepAverageSince(5);
    state.keepReplay(
        new ReplayBuffer(
            ReplaySpec.Policy.FIFO, 4, 2, new ReplayBuffer.Counters(0), new byte[2], new byte[1]));
    state.setControl(Control.NONE.obeyed("x"));

    assertThat(state.with(state.lastGood()))
        .usingRecursiveComparison()
        .ignoringFields("window")
        .isEqualTo(state);
  }

  /** Whatever of a batch is another, or in another order, the history is. */
  @Test
  void theHistoryIsAnotherWhereAnythingIs() {
    Evaluation evaluation = new Evaluation(1, 1, 0.5);
    Set<Long> histories = new HashSet<>();
    histories.add(history(5, UpdateOutcome.UPDATED, evaluation, progress -> {}));
    histories.add(history(6, UpdateOutcome.UPDATED, evaluation, progress -> {}));
    histories.add(history(5, UpdateOutcome.SKIPPED, evaluation, progress -> {}));
    histories.add(history(5, UpdateOutcome.UPDATED, new Evaluation(1, 1, 0.25), progress -> {}));
    histories.add(history(5, UpdateOutcome.UPDATED, evaluation, progress -> progress.version++));
    histories.add(
        history(5, UpdateOutcome.UPDATED, evaluation, progress -> progress.gradientNorm = 1));
    histories.add(
        history(5, UpdateOutcome.UPDATED, evaluation, progress -> progress.learningRate = 1));
    histories.add(history(5, UpdateOutcome.UPDATED, evaluation, progress -> progress.history = 1));
    state.parameters().weights(0).data[3] += 1; // one of those that are looked at
    histories.add(history(5, UpdateOutcome.UPDATED, evaluation, progress -> {}));

    assertThat(histories).hasSize(9);
  }

  /** Each of these decides what comes of later batches, and none is a weight of the model. */
  @Test
  void theHistoryIsAnotherWhereWhatDriftHasLedToIs() {
    Evaluation evaluation = new Evaluation(1, 1, 0.5);
    Set<Long> histories = new HashSet<>();
    Runnable look =
        () -> histories.add(history(5, UpdateOutcome.UPDATED, evaluation, progress -> {}));
    DriftState drift = state.drift();
    look.run();
    drift.detectBy(DriftSpec.Detector.ADWIN);
    look.run();
    Objects.requireNonNull(drift.detector()).observe(PREDICTION, BATCH);
    look.run();
    drift.keepBoostedSince(2);
    look.run();
    state.keepAverageSince(2);
    look.run();
    Challenger challenger = Challenger.of(state, 1);
    drift.keepChallenger(challenger);
    look.run();
    challenger.compare(true, true);
    look.run();
    challenger.counters().errors++;
    look.run();
    challenger.counters().challengerErrors++;
    look.run();
    challenger.counters().gained++;
    look.run();
    challenger.model().parameters().weights(0).data[3] += 1; // one of those that are looked at
    look.run();
    drift.archive().add(new Archive.Earlier(state.parameters().copy(), 3));
    look.run();
    drift.archive().trim(0);
    Parameters others = state.parameters().copy();
    others.weights(0).data[3] += 1;
    drift.archive().add(new Archive.Earlier(others, 3));
    look.run();
    drift.archive().add(new Archive.Earlier(others, 4));
    look.run();

    assertThat(histories).hasSize(14);
  }

  /** It is stored: to change it is to change a layout. */
  @Test
  void theHistoryIsThisNumber() {
    assertThat(history(5, UpdateOutcome.UPDATED, new Evaluation(1, 1, 0.5), progress -> {}))
        .isEqualTo(8288284937074016091L);
  }

  private long history(
      long offset, UpdateOutcome outcome, Evaluation evaluation, Consumer<Progress> change) {
    Progress progress = state.progress();
    progress.history = 0;
    progress.version = 3;
    progress.gradientNorm = 0.125;
    progress.learningRate = 0.1;
    change.accept(progress);
    state.remember(offset, outcome, evaluation);
    return progress.history;
  }
}
