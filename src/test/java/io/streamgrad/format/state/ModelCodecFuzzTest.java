package io.streamgrad.format.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever bytes are stored, out comes a model, or an error that says they are none. */
class ModelCodecFuzzTest {
  private static final int ROUNDS = 50_000;
  private static final int SECTION_COUNT = 6;
  private static final int SECTIONS = 12; // their table: 8 bytes each
  private static final int[] EXTREMES = {
    0, -1, 1, 255, 1 << 16, Integer.MAX_VALUE, Integer.MIN_VALUE, 0x55555556, 1 << 30
  };

  @ParameterizedTest
  @CsvSource({"sgd, 0, unit", "adam, 0.99, standardize"})
  void givenMutatedBytesWhenDecodedThenThereIsAModelOrAnUnreadableStateException(
      String optimizer, String averaging, String scaling) {
    byte[] good = model(optimizer, averaging, scaling);
    Random random = new Random(18);
    int decoded = 0;
    for (int round = 0; round < ROUNDS; round++) {
      decoded += decodes(mutated(good, random)) ? 1 : 0;
    }
    assertThat(decoded).isBetween(ROUNDS / 100, ROUNDS - ROUNDS / 100); // both ends are reached
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 1, 1000, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void givenAWrongNumberOfLayersThenItIsUnreadable(int count) {
    assertThat(decodes(with(0, count))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, -5, 6, 1 << 20, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void givenAWrongWidthThenItIsUnreadable(int width) {
    for (int layer = 0; layer < 3; layer++) {
      assertThat(decodes(with(Integer.BYTES * (1 + layer), width))).isFalse();
    }
  }

  @Test
  void givenTruncatedBytesThenTheyAreUnreadableAtEveryLength() {
    byte[] good = model("adam", "0.99", "standardize");
    for (int length = 0; length < good.length; length++) {
      assertThat(decodes(Arrays.copyOf(good, length))).isFalse();
    }
    assertThat(decodes(Arrays.copyOf(good, good.length + 1))).isFalse();
  }

  @Test
  void givenATableThatIsNotThatOfTheSectionsThenItIsUnreadable() {
    byte[] good = model("adam", "0.99", "standardize");
    int sections = good[SECTION_COUNT];
    for (int section = 0; section < sections; section++) {
      int entry = SECTIONS + 8 * section;
      assertThat(decodes(exchanged(good, entry, SECTIONS + 8 * ((section + 1) % sections))))
          .isFalse();
      for (int extreme : EXTREMES) {
        byte[] bytes = good.clone();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(entry + 4, extreme);
        assertThat(decodes(bytes)).as("section %d of %d bytes", section, extreme).isFalse();
      }
    }
  }

  private static byte[] exchanged(byte[] good, int one, int other) {
    ByteBuffer from = ByteBuffer.wrap(good);
    byte[] bytes = good.clone();
    ByteBuffer.wrap(bytes).putLong(one, from.getLong(other)).putLong(other, from.getLong(one));
    return bytes;
  }

  /** A model whose first section, the layers, has this value. */
  private static byte[] with(int offset, int value) {
    byte[] bytes = model("adam", "0.99", "standardize");
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(layers(bytes) + offset, value);
    return bytes;
  }

  private static int layers(byte[] bytes) {
    return SECTIONS + 8 * bytes[SECTION_COUNT];
  }

  private static boolean decodes(byte[] bytes) {
    try {
      ModelEntry model = ModelCodec.decode(bytes);
      assertThat(ModelCodec.encode(model)).hasSameSizeAs(bytes);
      assertThat(ModelCodec.weightsSha256(model)).hasSize(64);
      return true;
    } catch (UnreadableStateException e) {
      assertThat(e).hasMessageMatching(".+");
      return false;
    } catch (RuntimeException | OutOfMemoryError e) {
      throw new AssertionError("let through by " + HexFormat.of().formatHex(bytes), e);
    }
  }

  private static byte[] mutated(byte[] good, Random random) {
    byte[] bytes = good.clone();
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    // Half of them where the layout decides: the rest is numbers of any value.
    int range = random.nextBoolean() ? layers(good) + 4 * Integer.BYTES : bytes.length - 3;
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      int at = random.nextInt(range);
      switch (random.nextInt(3)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> buffer.putInt(at, EXTREMES[random.nextInt(EXTREMES.length)]);
        default -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      }
    }
    return random.nextInt(8) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }

  private static byte[] model(String optimizer, String averaging, String scaling) {
    ModelSpec config = ModelCodecTest.config(optimizer, averaging, scaling);
    return ModelCodec.encode(new ModelEntry(ModelState.initial(config), new Lineage(0, 7, 8)));
  }
}
