package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.ConfigLoader;
import io.streamgrad.config.ModelConfig;
import io.streamgrad.learner.ModelState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;

class WeightsStoreTest {
  private static final int MANY = 1000;
  private static final int WHOLE = 1 << 20;
  private static final ModelConfig CONFIG =
      ConfigLoader.load(null, Map.of(), Map.of("model.layers", "[4, 3, 2]")).model();

  private final KeyValueStore<Bytes, byte[]> bytes = Stores.inMemoryKeyValueStore("w").get();

  @Test
  void nothingIsWrittenBeforeAFlush() {
    WeightsStore store = new WeightsStore(bytes, MANY, WHOLE);

    store.put("m", model(1));

    assertThat(written()).isEmpty();
    assertThat(store.names()).isEmpty();
  }

  @Test
  void aFlushWritesAChangedModelOnceAndAnUnchangedOneNot() {
    WeightsStore store = new WeightsStore(bytes, MANY, WHOLE);
    store.put("m", model(1));
    store.put("m", model(2));
    store.flushCache();
    store.flushCache();

    assertThat(written()).hasSize(1);
    assertThat(generation(written().get(0))).isEqualTo(1);
    assertThat(reopened(WHOLE).lineage().offset()).isEqualTo(2);
  }

  @Test
  void whatHasToBeDoneBeforeAFlushMayStillChangeModels() {
    WeightsStore store = new WeightsStore(bytes, MANY, WHOLE);
    store.put("m", model(1));
    store.beforeFlush(() -> store.put("m", model(2)));

    store.flushCache();

    assertThat(reopened(WHOLE).lineage().offset()).isEqualTo(2);
  }

  @Test
  void nothingIsWrittenIfWhatHasToBeDoneBeforeFails() {
    WeightsStore store = new WeightsStore(bytes, MANY, WHOLE);
    store.put("m", model(1));
    store.beforeFlush(
        () -> {
          throw new IllegalStateException("fails on purpose");
        });

    assertThatThrownBy(store::flushCache).hasMessage("fails on purpose");
    assertThat(written()).isEmpty();
  }

  @Test
  void aLargeModelIsWrittenInPiecesAndReadBackWhole() {
    WeightsStore store = new WeightsStore(bytes, MANY, 100);
    store.put("m", model(1));
    store.flushCache();

    assertThat(written()).hasSizeGreaterThan(2).allMatch(piece -> piece.value.length <= 112);
    assertThat(ModelCodec.encode(reopened(100))).isEqualTo(ModelCodec.encode(model(1)));
    assertThat(store.names()).containsExactly("m");
  }

  @Test
  void aLargeModelWhoseLastWriteIsIncompleteIsReadAsItWasBefore() {
    WeightsStore store = new WeightsStore(bytes, MANY, 100);
    for (int offset = 1; offset <= 3; offset++) {
      store.put("m", model(offset));
      store.flushCache();
    }
    KeyValue<Bytes, byte[]> newest =
        written().stream().filter(piece -> generation(piece) == 3).findFirst().orElseThrow();

    bytes.delete(newest.key);

    assertThat(reopened(100).lineage().offset()).isEqualTo(2);
  }

  @Test
  void modelsThatAreDroppedFromMemoryAreReadBack() {
    WeightsStore store = new WeightsStore(bytes, 1, WHOLE);
    StoredModel a = model(1);
    store.put("a", a);
    store.put("b", model(2));
    store.flushCache();

    StoredModel back = Objects.requireNonNull(store.get("a"));

    assertThat(back).isNotSameAs(a);
    assertThat(ModelCodec.encode(back)).isEqualTo(ModelCodec.encode(a));
  }

  @Test
  void aModelThatGoesOnAfterARestartIsWrittenAsItsNextGeneration() {
    WeightsStore first = new WeightsStore(bytes, MANY, WHOLE);
    first.put("m", model(1));
    first.flushCache();

    WeightsStore second = new WeightsStore(bytes, MANY, WHOLE);
    second.put("m", Objects.requireNonNull(second.get("m")));
    second.flushCache();

    assertThat(generation(written().get(0))).isEqualTo(2);
  }

  @Test
  void modelsWhoseNamesBeginAlikeAreKeptApart() {
    WeightsStore store = new WeightsStore(bytes, MANY, 100);
    store.put("m", model(1));
    store.put("mm", model(2));
    store.flushCache();

    assertThat(reopened(100).lineage().offset()).isEqualTo(1);
    assertThat(store.names()).containsExactly("m", "mm");
  }

  @Test
  void aFlushWritesOverWhatIsTwoGenerationsOld() {
    WeightsStore store = new WeightsStore(bytes, MANY, 100);
    store.put("m", model(1));
    store.flushCache();
    store.put("m", model(2));
    store.flushCache();
    List<byte[]> before = written().stream().map(piece -> piece.value).toList();

    store.put("m", model(3));
    store.flushCache();

    List<KeyValue<Bytes, byte[]>> after = written();
    assertThat(after).hasSameSizeAs(before);
    for (int i = 0; i < after.size(); i++) {
      assertThat(after.get(i).value).isSameAs(before.get(i));
    }
    assertThat(reopened(100).lineage().offset()).isEqualTo(3);
  }

  private StoredModel reopened(int maxChunkBytes) {
    return Objects.requireNonNull(new WeightsStore(bytes, MANY, maxChunkBytes).get("m"));
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

  private static StoredModel model(long offset) {
    return new StoredModel(ModelState.initial(CONFIG), new Lineage(0, offset, 0));
  }
}
