package io.streamgrad.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a challenger takes a model's place. */
class ChallengerTest {
  private static final ModelState MODEL =
      ModelState.initial(
          ConfigLoader.load(null, Map.of(), Map.of("model.layers", "[4, 5, 3]")).model());

  /** Three deviations of a coin: (gained - lost)^2 at least nine times gained + lost. */
  @ParameterizedTest
  @CsvSource({
    "9, 0, 0, 54, false", // of 63 images
    "9, 0, 0, 55, true",
    "8, 0, 0, 1000, false",
    "8, 0, 500, 500, false", // where both are wrong says nothing
    "20, 5, 0, 100, true",
    "20, 6, 0, 100, false",
    "0, 9, 0, 100, false",
    "2500, 2287, 0, 200, true",
    "2500, 2293, 0, 200, false"
  })
  void itWinsWhereItIsBetterBeyondChance(
      int gained, int lost, int bothWrong, int bothRight, boolean wins) {
    Challenger challenger = Challenger.of(MODEL, 1);
    compare(challenger, gained, false, true);
    compare(challenger, lost, true, false);
    compare(challenger, bothWrong, false, false);
    compare(challenger, bothRight, true, true);

    assertThat(challenger.wins()).isEqualTo(wins);
  }

  @Test
  void itIsLateAfterFiveThousandImages() {
    Challenger challenger = Challenger.of(MODEL, 1);
    compare(challenger, 4_999, true, true);
    assertThat(challenger.isLate()).isFalse();
    compare(challenger, 1, true, true);
    assertThat(challenger.isLate()).isTrue();
  }

  @Test
  void itBeginsWithTheHiddenLayersAndAnotherOutputLayer() {
    Challenger challenger = Challenger.of(MODEL, 1);
    Parameters parameters = challenger.model().parameters();
    assertThat(parameters.weights(0).data).isEqualTo(MODEL.parameters().weights(0).data);
    assertThat(parameters.weights(1).data)
        .isNotEqualTo(MODEL.parameters().weights(1).data)
        .isEqualTo(Challenger.of(MODEL, 1).model().parameters().weights(1).data)
        .isNotEqualTo(Challenger.of(MODEL, 2).model().parameters().weights(1).data);
  }

  private static void compare(Challenger challenger, int images, boolean model, boolean other) {
    for (int i = 0; i < images; i++) {
      challenger.compare(model, other);
    }
  }
}
