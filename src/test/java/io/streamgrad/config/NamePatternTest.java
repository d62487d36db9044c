package io.streamgrad.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamePatternTest {
  @ParameterizedTest
  @CsvSource({
    "*, a, true",
    "mnist, mnist, true",
    "mnist, mnist2, false",
    "mnist, xmnist, false",
    "mnist, mnis, false",
    "sensor-*, sensor-, true",
    "sensor-*, sensor-17, true",
    "sensor-*, Sensor-17, false",
    "*-test, a-test-test, true",
    "*-test, a-test-tes, false",
    "a*b*c, abbbcc, true",
    "a*b*c, acb, false",
    "a**b, ab, true",
    "a.c, abc, false",
    "[ab], a, false",
    "gr*ße, größe, true",
    "gr*e, größe, true",
    "*ö*, größe, true",
    "*ä*, größe, false",
  })
  void aStarIsAnyCharactersAndAllElseIsItself(String pattern, String name, boolean matches) {
    assertThat(NamePattern.of(pattern).matches(name.getBytes(UTF_8))).isEqualTo(matches);
  }

  @Test
  void itIsWhatARegularExpressionSays() {
    Random random = new Random(18);
    int matched = 0;
    for (int i = 0; i < 50_000; i++) {
      String pattern = text(random, "ab*", 6);
      String name = text(random, "ab", 8);
      boolean expected = Pattern.matches(pattern.replace("*", ".*"), name);

      assertThat(NamePattern.of(pattern).matches(name.getBytes(UTF_8)))
          .as("%s and %s", pattern, name)
          .isEqualTo(expected);
      matched += expected ? 1 : 0;
    }
    assertThat(matched).isBetween(5_000, 45_000);
  }

  /** With backtracking from every star this would take 249 steps to the power of ten. */
  @Test
  @Timeout(20)
  void noNameTakesLong() {
    NamePattern pattern = NamePattern.of("*a".repeat(10) + "*b");
    byte[] name = "a".repeat(249).getBytes(UTF_8);
    long start = System.nanoTime();

    for (int i = 0; i < 100; i++) {
      assertThat(pattern.matches(name)).isFalse();
    }

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
  }

  private static String text(Random random, String characters, int longest) {
    StringBuilder text = new StringBuilder();
    for (int length = random.nextInt(longest + 1); length > 0; length--) {
      text.append(characters.charAt(random.nextInt(characters.length())));
    }
    return text.toString();
  }
}
