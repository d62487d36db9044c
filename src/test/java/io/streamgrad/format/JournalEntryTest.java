package io.streamgrad.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.UpdateOutcome;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class JournalEntryTest {
  private static final int ROUNDS = 50_000;
  private static final int HEADER = 72;

  @ParameterizedTest
  @EnumSource
  void aBatchReadBackIsTheSame(UpdateOutcome outcome) {
    JournaledBatch batch = batch(outcome, 1.25);

    byte[] bytes = JournalEntry.encode(batch);
    JournaledBatch back = JournalEntry.decode(bytes);

    assertThat(bytes).hasSize(Math.toIntExact(JournalEntry.size(batch.batch())));
    assertThat(back.lineage()).isEqualTo(batch.lineage());
    assertThat(back.newWindow()).isEqualTo(batch.newWindow());
    assertThat(back.result()).isEqualTo(batch.result());
    assertThat(pixels(back.batch())).isEqualTo(pixels(batch.batch()));
    assertThat(back.batch().pixelsPerImage()).isEqualTo(3);
    assertThat(back.batch().label(0)).isEqualTo(255);
    assertThat(back.batch().label(1)).isEqualTo(7);
    assertThat(JournalEntry.encode(back)).isEqualTo(bytes);
  }

  /** A loss that is not a number is the same loss, and zeros of two signs are not. */
  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, 0.0, -0.0, Double.MIN_VALUE})
  void aLossReadBackHasTheSameBits(double loss) {
    JournaledBatch batch = batch(UpdateOutcome.SKIPPED, loss);

    JournaledBatch back = JournalEntry.decode(JournalEntry.encode(batch));

    assertThat(back.result()).isEqualTo(batch.result());
    assertThat(batch(UpdateOutcome.SKIPPED, 0.0).result())
        .isNotEqualTo(batch(UpdateOutcome.SKIPPED, -0.0).result());
  }

  @Test
  void anotherLayoutIsRefusedWithAHint() {
    byte[] bytes = JournalEntry.encode(batch(UpdateOutcome.UPDATED, 1));
    bytes[5]++;

    assertThatThrownBy(() -> JournalEntry.decode(bytes))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageContaining("layout version 2")
        .hasMessageContaining("gracefully (SIGTERM)");
  }

  @Test
  void truncatedBytesAreUnreadableAtEveryLength() {
    byte[] bytes = JournalEntry.encode(batch(UpdateOutcome.UPDATED, 1));
    for (int length = 0; length < bytes.length; length++) {
      assertThat(decodes(Arrays.copyOf(bytes, length))).isFalse();
    }
    assertThat(decodes(Arrays.copyOf(bytes, bytes.length + 1))).isFalse();
  }

  @Test
  void anyBytesAreABatchOrUnreadable() {
    byte[] good = JournalEntry.encode(batch(UpdateOutcome.UPDATED, 1));
    Random random = new Random(18);
    int decoded = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = good.clone();
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        int range = random.nextBoolean() ? HEADER : bytes.length;
        bytes[random.nextInt(range)] = (byte) random.nextInt(256);
      }
      decoded += decodes(bytes) ? 1 : 0;
    }
    assertThat(decoded).isBetween(ROUNDS / 100, ROUNDS - ROUNDS / 100); // both ends are reached
  }

  private static boolean decodes(byte[] bytes) {
    try {
      JournaledBatch batch = JournalEntry.decode(bytes);
      assertThat(JournalEntry.encode(batch)).isEqualTo(bytes);
      return true;
    } catch (UnreadableStateException e) {
      assertThat(e).hasMessageMatching(".+");
      return false;
    } catch (RuntimeException | OutOfMemoryError e) {
      throw new AssertionError("let through by " + HexFormat.of().formatHex(bytes), e);
    }
  }

  private static JournaledBatch batch(UpdateOutcome outcome, double loss) {
    byte[] pixels = {99, 1, 2, 3, -1, -2, -3, 99};
    byte[] labels = {99, 99, -1, 7};
    return new JournaledBatch(
        new MiniBatch(2, 3, pixels, 1, labels, 2),
        new Lineage(3, 1L << 40, 1234),
        outcome == UpdateOutcome.SKIPPED,
        new JournaledBatch.Result(outcome, loss, 0.5, 0.01, 77, 0xcafebabe));
  }

  private static byte[] pixels(MiniBatch batch) {
    int from = batch.pixelsOffset();
    return Arrays.copyOfRange(batch.pixels(), from, from + batch.images() * batch.pixelsPerImage());
  }
}
