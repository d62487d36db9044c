package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class McNemarTest {
  /** By Python's fractions and math.comb; from 25 on by math.erfc. */
  @ParameterizedTest
  @CsvSource({
    "0, 0, 1",
    "1, 0, 1",
    "5, 5, 1",
    "3, 9, 0.14599609375",
    "2, 22, 3.5881996154785156e-05",
    "7, 17, 0.06391465663909912",
    "12, 13, 1",
    "20, 5, 0.005110260660855864",
    "59, 121, 5.450094825427123e-06",
    "150, 86, 4.1145622813459415e-05",
    "1000, 1100, 0.03074503475899322",
    "5000, 3000, 1.2210490587571472e-110"
  })
  void itsProbabilityIsThatOfAnIndependentImplementation(long first, long second, double p) {
    assertThat(new McNemar(first, second).p()).isCloseTo(p, Percentage.withPercentage(1e-4));
    assertThat(new McNemar(second, first).p()).isCloseTo(p, Percentage.withPercentage(1e-4));
  }

  @Test
  void itSaysByWhichRule() {
    assertThat(new McNemar(3, 9)).hasToString("p = 0.146, exact by the binomial distribution");
    assertThat(new McNemar(150, 86))
        .hasToString("p = 4.11e-05, chi-squared 16.818 with continuity correction");
    assertThat(new McNemar(150, 86).statistic()).isCloseTo(16.8178, within(1e-4));
  }
}
