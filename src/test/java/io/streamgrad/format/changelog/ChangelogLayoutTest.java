package io.streamgrad.format.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.format.state.UnreadableStateException;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangelogLayoutTest {
  private final Map<Key, byte[]> store = new TreeMap<>();

  @ParameterizedTest
  @ValueSource(ints = {1, 99, 100, 101, 1000})
  void whatWasSplitIsJoined(int length) {
    put(7, bytes(length), 99);

    Generation generation = read(7);
    assertThat(generation.isWhole()).isTrue();
    assertThat(generation.bytes()).isEqualTo(bytes(length));
    assertThat(generation.keys()).containsExactlyElementsOf(store.keySet());
  }

  @Test
  void whatIsNotAllThereIsNotWhole() {
    put(7, bytes(250), 99);
    store.remove(ChangelogLayout.key("m", ChangelogLayout.BATCHES, 2));

    assertThat(read(7).isWhole()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "m", "model", "\u00e4\u0000\u0002"})
  void aKeySaysTheModelTheSlotAndTheIndex(String model) {
    for (int index : new int[] {0, 1, 256, Integer.MAX_VALUE}) {
      for (byte slot = 0; slot <= ChangelogLayout.BATCHES; slot++) {
        Key key = ChangelogLayout.key(model, slot, index);

        assertThat(ChangelogLayout.model(key)).isEqualTo(model);
        assertThat(ChangelogLayout.slot(key)).isEqualTo(slot);
        assertThat(ChangelogLayout.index(key)).isEqualTo(index);
        assertThat(key).isBetween(ChangelogLayout.first(model), ChangelogLayout.last(model));
      }
    }
  }

  @Test
  void aValueOrAKeyThatIsTooShortIsUnreadable() {
    assertThatThrownBy(() -> ChangelogLayout.generation(new byte[11]))
        .isInstanceOf(UnreadableStateException.class);
    assertThatThrownBy(() -> ChangelogLayout.model(Key.of(new byte[5])))
        .isInstanceOf(UnreadableStateException.class);
  }

  private void put(long generation, byte[] bytes, int maxBytes) {
    for (int i = 0; i < ChangelogLayout.pieces(bytes.length, maxBytes); i++) {
      Key key = ChangelogLayout.key("m", ChangelogLayout.BATCHES, i);
      store.put(key, ChangelogLayout.value(generation, bytes, i, maxBytes));
    }
  }

  private Generation read(long number) {
    Generation generation = new Generation(number);
    store.forEach((key, value) -> generation.add(new Piece(key, value)));
    assertThat(store.values())
        .allSatisfy(value -> assertThat(ChangelogLayout.generation(value)).isEqualTo(number));
    return generation;
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }
}
