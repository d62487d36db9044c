package io.streamgrad.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.ConfigException;
import io.streamgrad.config.ServiceConfig;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LearningSettingsTest {
  private static final Map<String, String> SETTINGS =
      Map.of(
          "default-model", "digits",
          "model.seed", "-7",
          "model.learning-rate.schedule", "inverse-sqrt",
          "model.learning-rate.initial", "0.30000000000000004",
          "models.other.optimizer.type", "adamw",
          "models.partitioner", "crc32",
          "models.allow", "[\"*\", other]",
          "models.max", "7",
          "reports.every", "1m",
          "application-id", "before");

  @Test
  void whatDecidesAboutModelsIsThatOfTheTextAndAllElseOfTheConfiguration() {
    ServiceConfig before = ConfigLoader.load(null, Map.of(), SETTINGS);
    ServiceConfig now =
        ConfigLoader.load(
            null,
            Map.of(),
            Map.of("application-id", "now", "models.gone.seed", "1", "model.seed", "9"));

    ServiceConfig in = LearningSettings.in(now, LearningSettings.of(before));

    assertThat(in.applicationId()).isEqualTo("now");
    assertThat(in.model()).isEqualTo(before.model());
    assertThat(in.models()).isEqualTo(before.models());
    assertThat(in.reports()).isEqualTo(before.reports());
    assertThat(in.defaultModel()).isEqualTo("digits");
    assertThat(LearningSettings.of(in)).isEqualTo(LearningSettings.of(before));
    assertThat(LearningSettings.of(now)).isNotEqualTo(LearningSettings.of(before));
  }

  /** They are one record: 5,000 models must fit. */
  @Test
  void ofModelsThatAreNamedOnlyWhatDiffersIsKept() {
    Map<String, String> many = new HashMap<>(Map.of("model.averaging", "0.5"));
    for (int i = 0; i < 5000; i++) {
      many.put("models.sensor-" + i, "{}");
    }
    many.put("models.sensor-7", "{optimizer: {type: adam, beta1: 0.8}, averaging: 0}");
    ServiceConfig before = ConfigLoader.load(null, Map.of(), many);

    String settings = LearningSettings.of(before);
    ServiceConfig in = LearningSettings.in(ConfigLoader.load(null, Map.of(), Map.of()), settings);

    assertThat(settings).hasSizeLessThan(1500);
    for (int i = 0; i < 5000; i++) {
      assertThat(in.model("sensor-" + i)).isEqualTo(before.model("sensor-" + i));
    }
    assertThat(in.model("sensor-7").averaging()).isZero();
  }

  @Test
  void aKeyThatWasNotThereThenHasItsDefault() {
    ServiceConfig now = ConfigLoader.load(null, Map.of(), Map.of("model.averaging", "0.5"));

    ServiceConfig in = LearningSettings.in(now, "{\"model\": {\"seed\": 3}}");

    assertThat(in.model().seed()).isEqualTo(3);
    assertThat(in.model().averaging()).isEqualTo(0.999);
  }

  @Test
  void aKeyOfALaterVersionIsRefusedWithTheText() {
    ServiceConfig now = ConfigLoader.load(null, Map.of(), Map.of());
    assertThatThrownBy(() -> LearningSettings.in(now, "{\"model\": {\"centre\": 3}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("start the one that stored them")
        .hasMessageContaining("centre");
  }
}
