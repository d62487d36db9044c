package io.streamgrad.learner;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.dataset.Split;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.LastGood;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model that diverges goes on to predict as well as it did, on MNIST. */
class DivergenceTest {
  private static final int IMAGES = 16;
  private static final int GOOD = 1037; // batches
  private static final int BAD = 200; // at most
  private static final List<MiniBatch> TRAIN = new ArrayList<>();
  private static final List<MiniBatch> TEST = new ArrayList<>();

  @BeforeAll
  static void read() {
    addAll(Datasets.mnist(Split.TRAIN), IMAGES, TRAIN);
    addAll(Datasets.mnist(Split.TEST), 100, TEST);
  }

  private static void addAll(ImageDataset images, int size, List<MiniBatch> batches) {
    for (Batch batch : Batches.of(images, size).limit((GOOD + BAD) * IMAGES)) {
      batches.add(MiniBatch.of(784, batch.pixels(), batch.labels()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "sgd, unit, 0.1, 0, 0.999, 100",
    "sgd, unit, 0.1, 0, 0, 1e6",
    "sgd, unit, 0.1, 0.0001, 0.999, 5000",
    "momentum, standardize, 0.01, 0, 0.999, 1",
    "momentum, standardize, 0.01, 0, 0, 1000",
    "nesterov, unit, 0.01, 0.0001, 0.999, 100",
    "adam, unit, 0.001, 0, 0.999, 1000",
    "adam, standardize, 0.001, 0.0001, 0, 1e6",
    "adamw, unit, 0.001, 5e-7, 0.999, 1e6",
  })
  void givenAGoodModelWhenTheRateIsFarTooHighThenItPredictsAsBefore(
      String optimizer, String scaling, String rate, String decay, String averaging, String tooHigh)
      throws IOException {
    Map<String, String> settings =
        Map.of(
            "model.optimizer.type", optimizer,
            "model.input-scaling", scaling,
            "model.learning-rate.initial", rate,
            "model.averaging", averaging);
    // The decay comes with the rate that is too high: some models would not be good with it.
    ModelSpec good = config(settings);
    ModelSpec bad =
        config(
            with(
                settings,
                Map.of(
                    "model.learning-rate.initial", tooHigh,
                    "model.optimizer.weight-decay", decay)));
    ModelState state = ModelState.initial(good);
    Learner learner = new Learner(good);
    TRAIN.subList(0, GOOD).forEach(batch -> learn(learner, state, batch));
    double before = accuracy(learner, state);
    Learner exploding = new Learner(bad);
    int batches = untilItDiverges(exploding, state);
    double after = accuracy(exploding, state);

    assertThat(before).isGreaterThan(0.87);
    assertThat(after).isGreaterThan(before - 0.01);
    assertThat(state.version()).isBetween((long) GOOD - 2 * LastGood.EVERY, (long) GOOD);
    assertThat(state.parameters())
        .usingRecursiveComparison()
        .isEqualTo(state.lastGood().parameters());
    Reliability.row(
        Reliability.Table.KINDS,
        "a model of %s, %s inputs, averaging %s, weight decay %s, that learned well gets a learning rate of %s"
            .formatted(optimizer, scaling, averaging, decay, tooHigh),
        good.seed(),
        1,
        "diverged after %d batches; accuracy on MNIST's test images before: %.2f %%, after: %.2f %%"
            .formatted(batches, 100 * before, 100 * after));
  }

  /** Learns until the model diverges, and so does one that is stored and read after each batch. */
  private static int untilItDiverges(Learner learner, ModelState state) {
    ModelState stored = readBack(state);
    for (int batch = 0; batch < BAD; batch++) {
      MiniBatch images = TRAIN.get(GOOD + batch);
      UpdateOutcome outcome = learn(learner, state, images);
      assertThat(state.isFinite()).isTrue();
      assertThat(learn(learner, stored, images)).isEqualTo(outcome);
      stored = readBack(stored);
      if (outcome == UpdateOutcome.DIVERGED) {
        assertThat(bytes(stored)).isEqualTo(bytes(state));
        return batch + 1;
      }
    }
    throw new AssertionError("has not diverged");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "0.999"})
  void givenARateThatIsTooHighFromTheStartThenTheInitialWeightsPredict(String averaging) {
    ModelSpec config =
        config(Map.of("model.learning-rate.initial", "1000", "model.averaging", averaging));
    ModelState state = ModelState.initial(config);
    Learner learner = new Learner(config);
    UpdateOutcome outcome = UpdateOutcome.UPDATED;
    for (int batch = 0; outcome != UpdateOutcome.DIVERGED; batch++) {
      outcome = learn(learner, state, TRAIN.get(batch));
    }

    assertThat(state.version()).isZero();
    assertThat(state.predicting())
        .usingRecursiveComparison()
        .isEqualTo(Parameters.initial(config.layers(), config.seed()));
    assertThat(state.progress().batchesLearned).isPositive();
  }

  /** Weights whose products overflow, although none is infinite. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void givenOutputsThatAreNotFiniteThenTheLastGoodWeightsPredict(boolean labeled) {
    ModelSpec config = config(Map.of("model.averaging", "0", "model.input-scaling", "unit"));
    ModelState state = ModelState.initial(config);
    Learner learner = new Learner(config);
    learn(learner, state, TRAIN.get(0));
    Prediction good = learner.predict(ModelState.initial(config), TRAIN.get(1));
    state.parameters().tensors().forEach(tensor -> tensor.fill(1e20f));
    MiniBatch one = TRAIN.get(1);
    MiniBatch batch = labeled ? one : new MiniBatch(one.images(), 784, one.pixels(), 0, null, 0);

    Prediction prediction = learner.predict(state, batch);

    assertThat(prediction.byLastGood()).isTrue();
    assertThat(prediction.version()).isZero();
    assertThat(prediction.probabilities()).isEqualTo(good.probabilities());
    assertThat(state.version()).isEqualTo(1);
    if (labeled) {
      assertThat(Evaluation.of(prediction, batch)).isEqualTo(Evaluation.of(good, batch));
      assertThat(Steps.learn(learner, state, batch, prediction)).isEqualTo(UpdateOutcome.SKIPPED);
      assertThat(state.lifetime().images()).isEqualTo(2 * IMAGES);
      assertThat(state.progress().imagesLearned).isEqualTo(IMAGES);
    }
  }

  @Test
  void givenADivergedModelThenWhatItScoresIsNotCountedAsLearned() {
    ModelSpec config =
        config(Map.of("model.learning-rate.initial", "1e6", "model.max-skipped-in-a-row", "3"));
    ModelState state = ModelState.initial(config);
    Learner learner = new Learner(config);
    Map<UpdateOutcome, Integer> outcomes = new HashMap<>();
    for (MiniBatch batch : TRAIN.subList(0, 50)) {
      outcomes.merge(learn(learner, state, batch), 1, Integer::sum);
    }

    int updated = outcomes.getOrDefault(UpdateOutcome.UPDATED, 0);
    assertThat(outcomes).containsKeys(UpdateOutcome.DIVERGED, UpdateOutcome.IGNORED);
    assertThat(state.lifetime().images()).isEqualTo(50 * IMAGES);
    assertThat(state.progress().batchesLearned).isEqualTo(updated);
    assertThat(state.progress().imagesLearned).isEqualTo((long) updated * IMAGES);
  }

  private static UpdateOutcome learn(Learner learner, ModelState state, MiniBatch batch) {
    Prediction prediction = learner.predict(state, batch);
    for (float probability : prediction.probabilities()) {
      assertThat(Float.isFinite(probability)).isTrue();
    }
    return Steps.learn(learner, state, batch, prediction);
  }

  private static double accuracy(Learner learner, ModelState state) {
    int correct = 0;
    for (MiniBatch batch : TEST) {
      correct += Evaluation.of(learner.predict(state, batch), batch).correct();
    }
    return correct / (TEST.size() * 100.0);
  }

  private static ModelState readBack(ModelState state) {
    return ModelCodec.decode(bytes(state)).state();
  }

  private static byte[] bytes(ModelState state) {
    return ModelCodec.encode(new ModelEntry(state, Lineage.NONE));
  }

  private static Map<String, String> with(Map<String, String> settings, Map<String, String> more) {
    Map<String, String> all = new HashMap<>(settings);
    all.putAll(more);
    return all;
  }

  private static ModelSpec config(Map<String, String> settings) {
    return ConfigLoader.load(null, Map.of(), settings).model();
  }
}
