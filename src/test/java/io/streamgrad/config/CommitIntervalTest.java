package io.streamgrad.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommitIntervalTest {
  private static final String TEN_MILLION = "[784, 4096, 1600, 10]";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[784, 10, 10]         | sgd      |    50", // 63 kB
        "[784, 512, 256, 10]   | sgd      |   255", // parameters and their average: 4.3 MB
        "[784, 512, 256, 10]   | adam     |   510", // and two moments
        "[784, 4096, 1600, 10] | sgd      |  4666",
        "[784, 4096, 1600, 10] | nesterov |  6999",
        "[784, 4096, 1600, 10] | adamw    |  9333",
      })
  void leftToTheServiceItGrowsWithTheState(String layers, String optimizer, long millis) {
    ServiceConfig config =
        ConfigLoader.load(
            null, Map.of(), Map.of("model.layers", layers, "model.optimizer.type", optimizer));

    assertThat(config.timeBetweenCommits()).isEqualTo(Duration.ofMillis(millis));
  }

  @Test
  void withoutAveragingThereIsHalfAsMuchToWrite() {
    ServiceConfig config =
        ConfigLoader.load(
            null, Map.of(), Map.of("model.layers", TEN_MILLION, "model.averaging", "0"));

    assertThat(config.timeBetweenCommits()).isEqualTo(Duration.ofMillis(2333));
  }

  @Test
  void theLargestOfTheModelsCounts() {
    ServiceConfig config = Configs.override("models.big.layers", TEN_MILLION);

    assertThat(config.timeBetweenCommits()).isEqualTo(Duration.ofMillis(4666));
  }

  @Test
  void givenOneItIsTakenWhateverTheState() {
    ServiceConfig config =
        ConfigLoader.load(
            null, Map.of(), Map.of("model.layers", TEN_MILLION, "commit-interval", "20ms"));

    assertThat(config.timeBetweenCommits()).isEqualTo(Duration.ofMillis(20));
  }

  @ParameterizedTest
  @CsvSource({"50ms, 30", "5s, 30", "6s, 36", "1m, 360"})
  void transactionsMayStayOpenForSeveralOfThem(String interval, long seconds) {
    assertThat(Configs.override("commit-interval", interval).transactionTimeout())
        .isEqualTo(Duration.ofSeconds(seconds));
  }
}
