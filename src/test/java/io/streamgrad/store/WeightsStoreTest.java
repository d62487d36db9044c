package io.streamgrad.store;

import static io.streamgrad.store.StateWritesTest.EVERYTHING;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.internals.InMemoryKeyValueStore;
import org.junit.jupiter.api.Test;

class WeightsStoreTest {
  private static final long MANY = Long.MAX_VALUE;
  private static final int WHOLE = 1 << 20;
  private static final ModelSpec CONFIG =
      ConfigLoader.load(null, Map.of(), Map.of("model.layers", "[4, 3, 2]")).model();

  private final KeyValueStore<Bytes, byte[]> bytes = Stores.inMemoryKeyValueStore("w").get();

  @Test
  void nothingIsWrittenBeforeACommit() {
    WeightsStore store = store(MANY, WHOLE);

    store.put("m", model(1));

    assertThat(written()).isEmpty();
    assertThat(store.names()).containsExactly("m");
  }

  @Test
  void aCommitWritesAChangedModelOnceAndAnUnchangedOneNot() {
    WeightsStore store = store(MANY, WHOLE);
    store.put("m", model(1));
    store.put("m", model(2));
    store.write(Occasion.COMMIT);
    store.write(Occasion.COMMIT);

    byte[] state = ModelCodec.encode(model(2));

    assertThat(written()).hasSize(1);
    assertThat(generation(written().get(0))).isEqualTo(1);
    assertThat(written().get(0).value)
        .hasSize(12 + state.length)
        .endsWith(state); // after the piece's header
    assertThat(reopened(WHOLE).lineage().offset()).isEqualTo(2);
  }

  @Test
  void aLargeModelIsWrittenInPiecesAndReadBackWhole() {
    WeightsStore store = store(MANY, 100);
    store.put("m", model(1));
    store.write(Occasion.COMMIT);

    assertThat(written()).hasSizeGreaterThan(2).allMatch(piece -> piece.value.length <= 112);
    assertThat(ModelCodec.encode(reopened(100))).isEqualTo(ModelCodec.encode(model(1)));
    assertThat(store.names()).containsExactly("m");
  }

  @Test
  void modelsThatAreDroppedFromMemoryAreReadBack() {
    WeightsStore store = store(0, WHOLE);
    ModelEntry a = model(1);
    store.put("a", a);
    store.write(Occasion.COMMIT);
    store.put("b", model(2));

    ModelEntry back = Objects.requireNonNull(store.get("a"));

    assertThat(back).isNotSameAs(a);
    assertThat(ModelCodec.encode(back)).isEqualTo(ModelCodec.encode(a));
  }

  @Test
  void aModelThatGoesOnAfterARestartIsWrittenAsItsNextGeneration() {
    WeightsStore first = store(MANY, WHOLE);
    first.put("m", model(1));
    first.write(Occasion.COMMIT);

    WeightsStore second = store(MANY, WHOLE);
    second.put("m", Objects.requireNonNull(second.get("m")));
    second.write(Occasion.COMMIT);

    assertThat(generation(written().get(0))).isEqualTo(2);
  }

  @Test
  void modelsWhoseNamesBeginAlikeAreKeptApart() {
    WeightsStore store = store(MANY, 100);
    store.put("m", model(1));
    store.put("mm", model(2));
    store.write(Occasion.COMMIT);

    assertThat(reopened(100).lineage().offset()).isEqualTo(1);
    assertThat(store.names()).containsExactly("m", "mm");
  }

  /** With transactional stores, what is not committed is gone after a restart, without an error. */
  @Test
  void aCommitReachesTheBytes() {
    Map<TopicPartition, Long> offsets = Map.of(new TopicPartition("changelog", 0), 7L);
    AtomicReference<Map<TopicPartition, Long>> committed = new AtomicReference<>();
    KeyValueStore<Bytes, byte[]> inner =
        new InMemoryKeyValueStore("w") {
          @Override
          public void commit(Map<TopicPartition, Long> changelogOffsets) {
            committed.set(changelogOffsets);
          }
        };

    new WeightsStore(inner, HeapShare.unlimited(), WHOLE, EVERYTHING, System::nanoTime)
        .commit(offsets);

    assertThat(committed).hasValue(offsets);
  }

  private WeightsStore store(long memory, int maxChunkBytes) {
    WeightsStore store =
        new WeightsStore(bytes, new HeapShare(memory), maxChunkBytes, EVERYTHING, System::nanoTime);
    store.swapTo(Changelog.DIRECTORY);
    return store;
  }

  private ModelEntry reopened(int maxChunkBytes) {
    return Objects.requireNonNull(store(MANY, maxChunkBytes).get("m"));
  }

  private List<KeyValue<Bytes, byte[]>> written() {
    List<KeyValue<Bytes, byte[]>> pieces = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> all = bytes.all()) {
      all.forEachRemaining(pieces::add);
    }
    return pieces;
  }

  private static long generation(KeyValue<Bytes, byte[]> piece) {
    return ByteBuffer.wrap(piece.value).getLong();
  }

  private static ModelEntry model(long offset) {
    return new ModelEntry(ModelState.initial(CONFIG), new Lineage(0, offset, 0));
  }
}
