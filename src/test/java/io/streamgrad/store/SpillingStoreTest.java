package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpillingStoreTest {
  @TempDir private Path directory;

  /** Beside a map in memory: all values in memory, some, none. */
  @ParameterizedTest
  @ValueSource(longs = {0, 5_000, 50_000, Long.MAX_VALUE})
  void itHoldsWhatWasPutIntoIt(long memory) {
    HeapShare share = new HeapShare(memory);
    SpillingStore store = new SpillingStore("w", share);
    NavigableMap<String, String> expected = new TreeMap<>();
    Random random = new Random(memory);
    for (int round = 0; round < 3; round++) {
      store.open(directory);
      expected.clear();
      for (int i = 0; i < 2000; i++) {
        byte[] key = {(byte) random.nextInt(256), (byte) random.nextInt(2)};
        byte[] value = new byte[random.nextBoolean() ? 900 : random.nextInt(10_000)];
        random.nextBytes(value);
        if (random.nextInt(4) == 0) {
          store.put(Bytes.wrap(key), null);
          expected.remove(hex(key));
        } else {
          store.put(Bytes.wrap(key), value);
          expected.put(hex(key), hex(value));
        }
        if (i % 100 == 0) {
          assertThat(read(store.all())).isEqualTo(list(expected));
        }
      }
      assertThat(store.approximateNumEntries()).isEqualTo(expected.size());
      byte[] from = {100, 0};
      byte[] to = {(byte) 200, 0}; // unsigned
      assertThat(read(store.range(Bytes.wrap(from), Bytes.wrap(to))))
          .isNotEmpty()
          .isEqualTo(list(expected.subMap(hex(from), true, hex(to), true)));
    }
    store.close();
    assertThat(share.take(memory)).as("all of the memory was given back").isTrue();
  }

  @Test
  void aValueIsACopyBothWays() {
    SpillingStore store = new SpillingStore("w", new HeapShare(100));
    store.open(directory);
    for (String name : List.of("in memory", "in the file")) {
      Bytes key = Bytes.wrap(name.getBytes(StandardCharsets.UTF_8));
      byte[] value = new byte[60];
      store.put(key, value);
      value[0] = 1;
      assertThat(store.get(key)).as(name).startsWith(0);
      Objects.requireNonNull(store.get(key))[0] = 1;
      assertThat(store.get(key)).as(name).startsWith(0);
      store.put(key, value);
      value[0] = 2;
      assertThat(store.get(key)).as(name).startsWith(1);
    }
    store.close();
  }

  /** A state is written again and again, by the thousand: the room of the one before is used. */
  @Test
  void theFileIsNoLargerThanWhatItHoldsAndHasNoName() throws IOException {
    Blocks blocks = new Blocks(new HeapShare(0));
    blocks.open(directory);
    List<Blocks.Block> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      all.add(blocks.put(new byte[5000], null));
    }
    for (int round = 0; round < 100; round++) {
      for (int i = 0; i < 10; i++) {
        all.set(i, blocks.put(new byte[5000 + round], all.get(i)));
      }
      blocks.free(all.remove(3));
      all.add(blocks.put(new byte[6000], null));
    }
    assertThat(all).allMatch(block -> block.offset() < 10 * 8192);
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).isEmpty();
    }
    blocks.close();
  }

  /** Only if there is something to be written to it. */
  @Test
  void whereThereCanBeNoFileTheErrorSaysWhereItShouldBe() throws IOException {
    Path file = Files.createFile(directory.resolve("not-a-directory"));
    SpillingStore store = new SpillingStore("w", new HeapShare(100));
    store.open(file);
    store.put(Bytes.wrap(new byte[] {1}), new byte[60]);

    assertThatThrownBy(() -> store.put(Bytes.wrap(new byte[] {2}), new byte[60]))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining(file + " (state-dir)");
  }

  private static List<Map.Entry<String, String>> list(NavigableMap<String, String> entries) {
    return List.copyOf(entries.entrySet());
  }

  private static List<Map.Entry<String, String>> read(KeyValueIterator<Bytes, byte[]> entries) {
    List<Map.Entry<String, String>> read = new ArrayList<>();
    while (entries.hasNext()) {
      Bytes next = entries.peekNextKey();
      KeyValue<Bytes, byte[]> entry = entries.next();
      assertThat(entry.key).isEqualTo(next);
      read.add(Map.entry(hex(entry.key.get()), hex(entry.value)));
    }
    return read;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
