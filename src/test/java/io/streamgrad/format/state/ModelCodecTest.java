package io.streamgrad.format.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.DriftDetector;
import io.streamgrad.model.LabelOutcome;
import io.streamgrad.model.LateLabels;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.PendingBatch;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.model.PendingBatches.EarlyLabels;
import io.streamgrad.model.PendingLimits;
import io.streamgrad.model.ReplayBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelCodecTest {
  private static final MiniBatch BATCH =
      MiniBatch.of(4, new byte[] {1, 2, 3, 4, 90, 80, 70, 60}, new byte[] {0, 2});

  @ParameterizedTest
  @CsvSource({
    "sgd, 0.99, unit",
    "sgd, 0, unit",
    "momentum, 0.99, standardize",
    "nesterov, 0, unit",
    "sgd, 0.99, center",
    "adam, 0.99, standardize",
    "adamw, 0.99, unit"
  })
  void aModelReadBackHasTheSameBytesAndLearnsTheSame(
      String optimizer, String averaging, String scaling) {
    ModelSpec config = config(optimizer, averaging, scaling);
    ModelEntry model = trained(config);

    ModelEntry back = ModelCodec.decode(ModelCodec.encode(model));

    assertThat(ModelCodec.encode(back)).isEqualTo(ModelCodec.encode(model));
    assertThat(back.lineage()).isEqualTo(model.lineage());
    learn(config, model);
    learn(config, back);
    assertThat(ModelCodec.encode(back)).isEqualTo(ModelCodec.encode(model));
  }

  @Test
  void whatIsNoModelOrOfAnotherLayoutIsRefusedWithAHint() {
    byte[] bytes = ModelCodec.encode(trained(config("sgd", "0.99", "unit")));
    byte[] noModel = bytes.clone();
    noModel[0]++;
    byte[] other = bytes.clone();
    other[4] = 4;
    byte[] unknownSection = bytes.clone();
    unknownSection[12] = 'Z'; // of the first tag

    assertThatThrownBy(() -> ModelCodec.decode(noModel)).hasMessageContaining("SGRD");
    assertThatThrownBy(() -> ModelCodec.decode(other))
        .hasMessageContaining("layout version 4")
        .hasMessageContaining("application-id");
    assertThatThrownBy(() -> ModelCodec.decode(unknownSection))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageContaining("section ZHAP")
        .hasMessageContaining("application-id");
    for (int length = 0; length < bytes.length; length += 13) {
      byte[] truncated = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> ModelCodec.decode(truncated))
          .isInstanceOf(UnreadableStateException.class);
    }
  }

  @Test
  void theHashIsOfTheWeightsAndNotOfTheLineage() {
    ModelSpec config = config("sgd", "0.99", "unit");
    ModelEntry model = trained(config);
    String hash = ModelCodec.weightsSha256(model);

    assertThat(ModelCodec.weightsSha256(new ModelEntry(model.state(), Lineage.NONE)))
        .isEqualTo(hash);
    learn(config, model);
    assertThat(ModelCodec.weightsSha256(model)).isNotEqualTo(hash);
  }

  /** With labels for all, some and no images, and some whose batch has not come. */
  @Test
  void whatWaitsForLabelsIsReadBackAsItWas() {
    ModelSpec config = config("sgd", "0.99", "unit");
    ModelState state = ModelState.initial(config);
    Learner learner = new Learner(config);
    PendingBatches pending = new PendingBatches();
    state.keepPending(pending);
    MiniBatch unlabeled = MiniBatch.of(4, new byte[12], null);
    for (int i = 0; i < 6; i++) {
      MiniBatch batch =
          i % 3 == 0 ? MiniBatch.of(4, new byte[12], new byte[] {0, 1, 2}) : unlabeled;
      String id = i % 2 == 0 ? "ü" + i : "";
      pending.add(new PendingBatch(i, 1000 + i, id, batch, null, learner.predict(state, batch)));
      pending.expire(1000 + i, new PendingLimits(12, 60_000));
    }
    LateLabels some = new LateLabels(4, "", new int[] {2}, new byte[] {1});
    pending.learned(some, pending.match(some, 6));
    pending.hold(new EarlyLabels(17, 1001, new LateLabels(-1, "later", null, new byte[] {1, 2})));
    pending.hold(new EarlyLabels(18, 1002, new LateLabels(99, "", new int[] {1}, new byte[1])));
    ModelEntry model = new ModelEntry(state, new Lineage(3, 5, 1234, 18));

    byte[] bytes = ModelCodec.encode(model);
    ModelEntry read = ModelCodec.decode(bytes);

    assertThat(ModelCodec.encode(read)).isEqualTo(bytes);
    assertThat(read.lineage()).isEqualTo(model.lineage());
    PendingBatches again = Objects.requireNonNull(read.state().pending());
    assertThat(again.batches()).hasSize(4);
    assertThat(again.early()).hasSize(2);
    assertThat(again.unlabeled()).isEqualTo(pending.unlabeled()).isEqualTo(8);
    assertThat(again.forgotten()).isEqualTo(1);
    assertThat(again.time()).isEqualTo(pending.time()).isEqualTo(1004);
    assertThat(again.match(some, 6).outcome()).isEqualTo(LabelOutcome.REPEATED);
    for (int length = 0; length < bytes.length; length += 7) {
      byte[] truncated = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> ModelCodec.decode(truncated))
          .isInstanceOf(UnreadableStateException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({"adwin", "page-hinkley", "two-averages"})
  void aDetectorIsReadBackAsItWas(String detector) {
    ModelSpec config =
        ConfigLoader.load(
                null, Map.of(), Map.of("model.layers", "[4, 3]", "model.drift.detector", detector))
            .model();
    ModelEntry model = new ModelEntry(ModelState.initial(config), Lineage.NONE);
    double[] numbers = Objects.requireNonNull(model.state().drift().detector()).numbers();
    Arrays.setAll(numbers, i -> i % 5 + 0.5);

    byte[] bytes = ModelCodec.encode(model);
    ModelEntry read = ModelCodec.decode(bytes);

    assertThat(ModelCodec.encode(read)).isEqualTo(bytes);
    DriftDetector again = Objects.requireNonNull(read.state().drift().detector());
    assertThat(again.kind()).isEqualTo(config.drift().detector());
    assertThat(again.numbers()).isEqualTo(numbers);
    numbers[numbers.length - 1]++;
    assertThat(ModelCodec.stateSha256(read)).isNotEqualTo(ModelCodec.stateSha256(model));
    Arrays.fill(numbers, detector.equals("adwin") ? 7 : Double.NaN); // as no detector has them
    byte[] damaged = ModelCodec.encode(model);
    assertThatThrownBy(() -> ModelCodec.decode(damaged))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageContaining("can't have");
  }

  @ParameterizedTest
  @ValueSource(strings = {"reservoir", "fifo", "balanced"})
  void imagesThatAreLearnedFromAgainAreReadBack(String policy) {
    ModelSpec config =
        ConfigLoader.load(
                null,
                Map.of(),
                Map.of(
                    "model.layers", "[4, 3]",
                    "model.drift.detector", "adwin",
                    "model.replay.images", "7",
                    "model.replay.policy", policy))
            .model();
    ModelEntry model = new ModelEntry(ModelState.initial(config), Lineage.NONE);
    ReplayBuffer replay = Objects.requireNonNull(model.state().replay());
    replay.insert(
        5, MiniBatch.of(4, new byte[12 * 4], new byte[] {0, 1, 2, 2, 1, 0, 0, 1, 2, 0, 1, 2}));
    replay.draw(5, 0, MiniBatch.of(4, new byte[3 * 4], new byte[3]));

    byte[] bytes = ModelCodec.encode(model);
    ModelEntry read = ModelCodec.decode(bytes);

    assertThat(ModelCodec.encode(read)).isEqualTo(bytes);
    assertThat(Objects.requireNonNull(read.state().replay()).counters())
        .usingRecursiveComparison()
        .isEqualTo(replay.counters());
    replay.labels()[3] = 3; // a class that there is not
    byte[] damaged = ModelCodec.encode(model);
    assertThatThrownBy(() -> ModelCodec.decode(damaged))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageContaining("can't have been kept");
    replay.labels()[3] = 0;
    replay.counters().since = 3;
    byte[] fewer = ModelCodec.encode(model);
    assertThatThrownBy(() -> ModelCodec.decode(fewer)).isInstanceOf(UnreadableStateException.class);
  }

  private static ModelEntry trained(ModelSpec config) {
    ModelEntry model = new ModelEntry(ModelState.initial(config), new Lineage(3, 77, 1234));
    learn(config, model);
    return model;
  }

  private static void learn(ModelSpec config, ModelEntry model) {
    Learner learner = new Learner(config);
    Steps.take(learner, model.state(), BATCH);
  }

  static ModelSpec config(String optimizer, String averaging, String scaling) {
    return ConfigLoader.load(
            null,
            Map.of(),
            Map.of(
                "model.layers", "[4, 5, 3]",
                "model.optimizer.type", optimizer,
                "model.averaging", averaging,
                "model.input-scaling", scaling))
        .model();
  }
}
