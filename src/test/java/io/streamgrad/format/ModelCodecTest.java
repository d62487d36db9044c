package io.streamgrad.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelCodecTest {
  private static final MiniBatch BATCH =
      MiniBatch.of(4, new byte[] {1, 2, 3, 4, 90, 80, 70, 60}, new byte[] {0, 2});

  @ParameterizedTest
  @CsvSource({
    "sgd, 0.99, unit",
    "sgd, 0, unit",
    "momentum, 0.99, standardize",
    "nesterov, 0, unit",
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
