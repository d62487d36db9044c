package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.config.load.LearningSettings;
import io.streamgrad.format.changelog.EarlierSettings;
import io.streamgrad.model.ModelSpec.InputScaling;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InitialSpecsTest {
  private static final String TOPIC = "n8Yh2sZbTbSvVQ4ZkHn5Vw";

  @Test
  void settingsThatTwoOthersTookThePlaceOfAtOneOffsetAreThoseOfTheModelsBeforeIt() {
    InitialSpecs specs =
        new InitialSpecs(
            scaled("auto"),
            List.of(until(5, "unit"), until(9, "standardize"), until(9, "center")),
            TOPIC);

    assertThat(scaling(specs, 4)).isEqualTo(InputScaling.UNIT);
    assertThat(scaling(specs, 8)).isEqualTo(InputScaling.STANDARDIZE);
    assertThat(scaling(specs, 9)).isEqualTo(InputScaling.AUTO);
  }

  private static InputScaling scaling(InitialSpecs specs, long offset) {
    return specs.of("a", offset).inputScaling();
  }

  private static EarlierSettings until(long offset, String scaling) {
    return new EarlierSettings(TOPIC, offset, LearningSettings.of(scaled(scaling)));
  }

  private static ServiceConfig scaled(String scaling) {
    return ConfigLoader.load(null, Map.of(), Map.of("model.input-scaling", scaling));
  }
}
