package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunksTest {
  private final Map<Bytes, byte[]> store = new TreeMap<>();

  @ParameterizedTest
  @ValueSource(ints = {1, 99, 100, 101, 1000})
  void whatWasSplitIsJoined(int length) {
    put(7, bytes(length), 99);

    Chunks.Generation generation = read(7);
    assertThat(generation.isWhole()).isTrue();
    assertThat(generation.bytes()).isEqualTo(bytes(length));
    assertThat(generation.keys()).containsExactlyElementsOf(store.keySet());
  }

  @Test
  void whatIsNotAllThereIsNotWhole() {
    put(7, bytes(250), 99);
    store.remove(Chunks.key("m", Chunks.JOURNAL, 2));

    assertThat(read(7).isWhole()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "m", "model", "\u00e4\u0000\u0002"})
  void aKeySaysTheModelTheSlotAndTheIndex(String model) {
    for (int index : new int[] {0, 1, 256, Integer.MAX_VALUE}) {
      for (byte slot = 0; slot <= Chunks.JOURNAL; slot++) {
        Bytes key = Chunks.key(model, slot, index);

        assertThat(Chunks.model(key)).isEqualTo(model);
        assertThat(Chunks.slot(key)).isEqualTo(slot);
        assertThat(Chunks.index(key)).isEqualTo(index);
        assertThat(key).isBetween(Chunks.first(model), Chunks.last(model));
      }
    }
  }

  @Test
  void anArrayOfTheSameLengthIsWrittenOver() {
    put(1, bytes(100), 200);
    byte[] before = store.values().iterator().next();

    put(2, bytes(100), 200);
    assertThat(store.values()).singleElement().isSameAs(before);
    put(3, bytes(101), 200);
    assertThat(store.values()).singleElement().isNotSameAs(before);
  }

  @Test
  void aValueOrAKeyThatIsTooShortIsUnreadable() {
    assertThatThrownBy(() -> Chunks.generation(new byte[11]))
        .isInstanceOf(UnreadableStateException.class);
    assertThatThrownBy(() -> Chunks.model(Bytes.wrap(new byte[5])))
        .isInstanceOf(UnreadableStateException.class);
  }

  private void put(long generation, byte[] bytes, int maxBytes) {
    for (int i = 0; i < Chunks.pieces(bytes.length, maxBytes); i++) {
      Bytes key = Chunks.key("m", Chunks.JOURNAL, i);
      KeyValue<Bytes, byte[]> piece = Chunks.piece(key, generation, bytes, i, maxBytes, store::get);
      store.put(piece.key, piece.value);
    }
  }

  private Chunks.Generation read(long number) {
    Chunks.Generation generation = new Chunks.Generation(number);
    store.forEach((key, value) -> generation.add(KeyValue.pair(key, value)));
    assertThat(store.values())
        .allSatisfy(value -> assertThat(Chunks.generation(value)).isEqualTo(number));
    return generation;
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }
}
