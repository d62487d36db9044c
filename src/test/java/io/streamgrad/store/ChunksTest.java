package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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
    put(1, bytes(length, 1), 99);

    assertThat(joined().bytes()).isEqualTo(bytes(length, 1));
    assertThat(store.keySet()).allSatisfy(k -> assertThat(Chunks.model(k)).isEqualTo("m"));
  }

  @Test
  void theNewestGenerationIsTaken() {
    for (int generation = 1; generation <= 5; generation++) {
      put(generation, bytes(250, generation), 99);
    }
    assertThat(joined().generation()).isEqualTo(5);
    assertThat(joined().bytes()).isEqualTo(bytes(250, 5));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void anIncompleteGenerationLeavesTheOneBefore(int written) {
    put(1, bytes(250, 1), 99);
    put(2, bytes(250, 2), 99);
    split(3, bytes(250, 3), 99).subList(0, written).forEach(c -> store.put(c.key, c.value));

    assertThat(joined().generation()).isEqualTo(2);
    assertThat(joined().bytes()).isEqualTo(bytes(250, 2));
  }

  private void put(long generation, byte[] bytes, int maxBytes) {
    split(generation, bytes, maxBytes).forEach(c -> store.put(c.key, c.value));
  }

  private static List<KeyValue<Bytes, byte[]>> split(long generation, byte[] bytes, int maxBytes) {
    return Chunks.split("m", generation, bytes, maxBytes, key -> null);
  }

  private Chunks.Joined joined() {
    Chunks.Joined joined =
        Chunks.join(
            store.entrySet().stream().map(e -> KeyValue.pair(e.getKey(), e.getValue())).toList());
    assertThat(joined).isNotNull();
    return joined;
  }

  private static byte[] bytes(int length, int seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
