package io.streamgrad.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.ConfigException;
import io.streamgrad.config.ServiceConfig;
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
