package io.streamgrad.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Which weights are kept as the last good ones. */
class LastGoodTest {
  private static final int CLASSES = 10; // a guess costs 2.3 nats
  private static final int IMAGES = 8;

  private final Parameters predicting = Parameters.initial(List.of(4, CLASSES), 1);
  private final LastGood lastGood = LastGood.first(predicting);
  private long version;

  @Test
  void weightsThatPredictWellAreKeptAsTheyWereBeforeTheUpdate() {
    learn(LastGood.EVERY - 1, 0.5);
    assertThat(lastGood.version()).isZero();

    learn(1, 0.5);

    assertThat(lastGood.version()).isEqualTo(LastGood.EVERY - 1);
    assertThat(lastGood.parameters().biases(0).data[0]).isEqualTo(LastGood.EVERY - 1);
  }

  @Test
  void weightsNoBetterThanAGuessAreNotKept() {
    learn(10 * LastGood.EVERY, 2.3);

    assertThat(lastGood.version()).isZero();
  }

  @Test
  void weightsThatHaveBecomeMuchWorseAreNotKept() {
    learn(LastGood.EVERY, 0.5);
    learn(LastGood.EVERY, 0.9);
    assertThat(lastGood.version()).isEqualTo(2 * LastGood.EVERY - 1);

    learn(LastGood.EVERY, 1.1);

    assertThat(lastGood.version()).isEqualTo(2 * LastGood.EVERY - 1);
  }

  /** The mean of all the evidence would still be good enough. */
  @Test
  void weightsThatTheLastUpdateHasRuinedAreNotKept() {
    learn(LastGood.EVERY, 0.5);
    learn(LastGood.EVERY - 1, 0.5);
    learn(1, 1.5);

    assertThat(lastGood.version()).isEqualTo(LastGood.EVERY - 1);
  }

  @Test
  void weightsOfATaskThatHasBecomeHarderAreKeptAfterALongWhile() {
    learn(LastGood.EVERY, 0.5);
    learn(LastGood.LOOKS * LastGood.EVERY, 1.5);
    assertThat(lastGood.version()).isEqualTo(LastGood.EVERY - 1);

    learn(LastGood.EVERY, 1.5);

    assertThat(lastGood.version()).isEqualTo(version - 1);
  }

  /** Where losses are tiny they vary by more than twofold. */
  @Test
  void weightsOfATinyLossAreKeptThoughItWasTinierBefore() {
    learn(LastGood.EVERY, 1e-9);
    learn(LastGood.EVERY, 0.2);

    assertThat(lastGood.version()).isEqualTo(version - 1);
  }

  @Test
  void whatIsInheritedIsKnownForOwnAfterAllLooks() {
    LastGood inherited = LastGood.inherited(predicting, 0);
    for (int t = 0; t < LastGood.LOOKS * LastGood.EVERY; t++) {
      assertThat(inherited.isInherited()).isTrue();
      inherited.observe(predicting, t, evaluation(0.5));
    }
    assertThat(inherited.isInherited()).isFalse();
  }

  @Test
  void whatIsInheritedStaysSoUntilBetterWeightsAreFound() {
    long inheritedAt = 100;
    LastGood inherited = LastGood.inherited(predicting, inheritedAt);
    long end = inheritedAt + 3 * LastGood.LOOKS * LastGood.EVERY;
    for (long t = inheritedAt; t < end; t++) {
      inherited.observe(predicting, t, evaluation(2.4));
      assertThat(inherited.isInherited()).isTrue();
    }
    for (long t = end; t < end + LastGood.EVERY; t++) {
      inherited.observe(predicting, t, evaluation(0.5));
    }
    assertThat(inherited.version()).isGreaterThan(end);
    assertThat(inherited.isInherited()).isFalse();
  }

  /** So many updates after batches of this loss; a weight tells their number. */
  private void learn(int updates, double loss) {
    for (int i = 0; i < updates; i++) {
      predicting.biases(0).data[0] = version;
      lastGood.observe(predicting, version, evaluation(loss));
      version++;
    }
  }

  private static Evaluation evaluation(double loss) {
    return new Evaluation(IMAGES, 0, loss * IMAGES);
  }
}
