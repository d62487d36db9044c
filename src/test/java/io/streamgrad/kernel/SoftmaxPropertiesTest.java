package io.streamgrad.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SoftmaxPropertiesTest {
  @ParameterizedTest
  @ValueSource(floats = {0f, -0f, 1e-38f, -5f, 88f, 3e38f, -3e38f})
  void equalLogitsAreEquallyProbable(float logit) {
    float[] z = new float[8];
    Arrays.fill(z, logit);

    float sum = SoftmaxTest.softmax(z, 1)[0];

    assertThat(z).containsOnly(0.125f);
    assertThat(sum).isEqualTo(8f);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void aLogitThatIsNotANumberSpoilsEveryProbability(int at) {
    float[] z = {1f, 2f, 3f};
    z[at] = Float.NaN;

    float sum = SoftmaxTest.softmax(z, 1)[0];

    assertThat(z).containsOnly(Float.NaN);
    assertThat(sum).isNaN();
  }

  @Test
  void probabilitiesSumToOne() {
    Random random = new Random(1);
    for (int n = 2; n <= 256; n++) {
      float[] z = new float[n];
      for (int c = 0; c < n; c++) {
        z[c] = 20 * (float) random.nextGaussian();
      }

      SoftmaxTest.softmax(z, 1);

      double sum = 0;
      for (float p : z) {
        assertThat(p).isBetween(0f, 1f);
        sum += p;
      }
      assertThat(sum).isCloseTo(1, Offset.offset(1e-5));
    }
  }

  @Test
  void rowsDoNotShowInOneAnother() {
    float[] z = {9f, 9f, -400f, 1f, Float.NaN, 1f};

    float[] sums = SoftmaxTest.softmax(z, 3);

    assertThat(z).containsExactly(0.5f, 0.5f, 0f, 1f, Float.NaN, Float.NaN);
    assertThat(sums).containsExactly(2f, 1f, Float.NaN);
  }
}
