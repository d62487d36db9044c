package io.streamgrad.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

  @ParameterizedTest
  @CsvSource({
    "100ms, PT0.1S",
    "0s, PT0S",
    "5s, PT5S",
    "2m, PT2M",
    "1h, PT1H",
    "PT1.5S, PT1.5S",
    "P1D, PT24H",
  })
  void givenADurationWithItsUnitWhenParsedThenItIsThat(String text, Duration expected) {
    assertThat(Durations.parse(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "5",
        "5 s",
        "1.5s",
        "-5s",
        "5S ",
        "5d",
        "s",
        "99999999999999999999s",
        "9223372036854775807h",
        "five seconds",
      })
  void givenAnythingElseWhenParsedThenItIsRefusedWithWhatIsAllowed(String text) {
    assertThatThrownBy(() -> Durations.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(Durations.ALLOWED);
  }
}
