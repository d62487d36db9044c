package io.streamgrad.learner;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.kernel.ScalarKernel;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.ReplayBuffer;
import io.streamgrad.model.UpdateOutcome;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Learning again from images that were kept. */
class ReplayStepsTest {
  private static final int IMAGES = 6;
  private static final Map<String, String> REPLAY =
      Map.of(
          "model.drift.detector", "adwin",
          "model.replay.images", "30",
          "model.replay.per-batch", "2",
          "model.replay.shift", "1",
          "model.replay.policy", "fifo");

  /** Images drawn before the batch is kept, and a step by as many of them, twice. */
  @ParameterizedTest
  @ValueSource(ints = {20, 100})
  void itIsAStepByTheBatchAndThenStepsByWhatWasKeptBefore(int before) {
    Map<String, String> unit = Map.of("model.input-scaling", "unit"); // by hand means would move
    Map<String, String> settings = new HashMap<>(REPLAY);
    settings.putAll(unit);
    ModelSpec spec = spec(settings);
    ModelState state = ModelState.initial(spec);
    Learner learner = new Learner(spec);
    Random random = new Random(3);
    for (int i = 0; i < before; i++) {
      Steps.take(learner, state, batch(random));
    }
    ModelState byHand = copy(state);
    ReplayBuffer kept = Objects.requireNonNull(copy(state).replay());
    ModelSpec plain = spec(unit);
    Learner hand = new Learner(plain);
    double ramp = Math.min(1, before * IMAGES / 500.0);
    String rate = Double.toString(plain.learningRate().initial() * ramp);
    Learner ramped = new Learner(spec(Map.of("model.learning-rate.initial", rate)));

    MiniBatch last = batch(random);
    Steps.take(learner, state, last);
    Steps.take(hand, byHand, last); // which makes the plain learner forget what was kept
    for (int step = 0; step < 2; step++) {
      MiniBatch drawn = MiniBatch.of(9, new byte[IMAGES * 9], new byte[IMAGES]);
      kept.draw(spec.seed(), 1, drawn);
      Steps.take(ramped, byHand, drawn);
    }

    assertThat(kept.ramp()).isEqualTo(ramp);
    assertThat(bits(state)).isEqualTo(bits(byHand));
    assertThat(state.version()).isEqualTo(before + 1);
    assertThat(state.progress().imagesLearned).isEqualTo((before + 1L) * IMAGES);
    assertThat(state.lifetime().images()).as("scored").isEqualTo((before + 1L) * IMAGES);
    assertThat(Objects.requireNonNull(state.replay()).images()).isEqualTo(30);
  }

  @ParameterizedTest
  @ValueSource(strings = {"reservoir", "fifo", "balanced"})
  void everyKernelAndARestoredModelComeToTheSameBits(String policy) {
    Map<String, String> settings = new HashMap<>(REPLAY);
    settings.put("model.replay.policy", policy);
    settings.put("model.replay.images", "50");
    settings.put("model.averaging", "0.99");
    ModelSpec spec = spec(settings);
    ModelState state = ModelState.initial(spec);
    ModelState other = ModelState.initial(spec);
    Learner learner = new Learner(spec);
    Learner scalar = new Learner(spec, new ScalarKernel());
    Random random = new Random(4);
    for (int i = 0; i < 60; i++) {
      MiniBatch batch = batch(random);
      Steps.take(learner, state, batch);
      Steps.take(scalar, other, batch);
      other = copy(other);
    }
    assertThat(ModelCodec.encode(new ModelEntry(other, Lineage.NONE)))
        .isEqualTo(ModelCodec.encode(new ModelEntry(state, Lineage.NONE)));
  }

  /** Neither an update that is skipped nor a model that has diverged keeps images. */
  @Test
  void onlyWhatIsLearnedFromIsKept() {
    Map<String, String> settings = new HashMap<>(REPLAY);
    settings.put("model.learning-rate.initial", "1e6");
    settings.put("model.max-skipped-in-a-row", "2");
    ModelSpec spec = spec(settings);
    ModelState state = ModelState.initial(spec);
    Learner learner = new Learner(spec);
    Random random = new Random(5);
    UpdateOutcome outcome = UpdateOutcome.UPDATED;
    for (int i = 0; i < 200 && outcome != UpdateOutcome.DIVERGED; i++) {
      long kept = Objects.requireNonNull(state.replay()).counters().inserted;
      outcome = Steps.take(learner, state, batch(random));
      boolean updated = outcome == UpdateOutcome.UPDATED;
      if (outcome != UpdateOutcome.DIVERGED) {
        assertThat(state.replay().counters().inserted).isEqualTo(kept + (updated ? IMAGES : 0));
      }
    }
    assertThat(outcome).isEqualTo(UpdateOutcome.DIVERGED);
    assertThat(Objects.requireNonNull(state.replay()).images()).isZero();
    Steps.take(learner, state, batch(random));
    assertThat(state.replay().images()).isZero();
  }

  /** The detector looks at what was predicted on arrival; what it finds empties the buffer. */
  @Test
  void whenDriftIsFoundWhatWasKeptIsForgotten() {
    Map<String, String> settings = new HashMap<>(REPLAY);
    settings.put("model.averaging", "0");
    ModelSpec spec = spec(settings);
    ModelState state = ModelState.initial(spec);
    Learner learner = new Learner(spec);
    int found = 0;
    for (int i = 0; i < 400; i++) {
      byte[] pixels = new byte[9];
      pixels[i % 3] = -1;
      MiniBatch batch = MiniBatch.of(9, pixels, new byte[] {(byte) ((i + i / 300) % 3)});
      Prediction prediction = learner.predict(state, batch);
      Evaluation evaluation = Evaluation.of(prediction, batch);
      UpdateOutcome outcome = learner.learn(state, batch, prediction, evaluation);
      if (learner.detect(state, batch, prediction, evaluation, outcome) != null) {
        found++;
        assertThat(i).isBetween(300, 399);
        assertThat(Objects.requireNonNull(state.replay()).images()).isZero();
      }
    }
    assertThat(found).isEqualTo(1);
  }

  private static ModelSpec spec(Map<String, String> settings) {
    Map<String, String> all =
        new HashMap<>(Map.of("model.layers", "[9, 8, 3]", "model.averaging", "0"));
    all.putAll(settings);
    return ConfigLoader.load(null, Map.of(), all).model();
  }

  private static MiniBatch batch(Random random) {
    byte[] pixels = new byte[IMAGES * 9];
    random.nextBytes(pixels);
    byte[] labels = new byte[IMAGES];
    for (int i = 0; i < IMAGES; i++) {
      labels[i] = (byte) ((pixels[i * 9] & 0xff) * 3 / 256);
    }
    return MiniBatch.of(9, pixels, labels);
  }

  private static ModelState copy(ModelState state) {
    return ModelCodec.decode(ModelCodec.encode(new ModelEntry(state, Lineage.NONE))).state();
  }

  private static String bits(ModelState state) {
    return ModelCodec.weightsSha256(new ModelEntry(state, Lineage.NONE));
  }
}
