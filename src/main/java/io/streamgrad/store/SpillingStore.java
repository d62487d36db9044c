package io.streamgrad.store;

import io.streamgrad.store.Blocks.Block;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.BatchingStateRestoreCallback;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.query.Position;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * What a changelog holds: in memory, and where there is too much of it values are in a blocks. As a
 * store in memory it begins empty, and is restored from the changelog's beginning. Not thread-safe.
 */
final class SpillingStore implements KeyValueStore<Bytes, byte[]> {
  private final String name;
  private final NavigableMap<Bytes, Block> values = new TreeMap<>();
  private final Blocks blocks;
  private final Position position = Position.emptyPosition();
  private boolean open;

  /** Makes the stores of this name. */
  record Supplier(String name, HeapShare memory) implements KeyValueBytesStoreSupplier {
    @Override
    public KeyValueStore<Bytes, byte[]> get() {
      return new SpillingStore(name, memory);
    }

    @Override
    public String metricsScope() {
      return "spilling";
    }
  }

  SpillingStore(String name, HeapShare memory) {
    this.name = name;
    blocks = new Blocks(memory);
  }

  @Override
  public void init(StateStoreContext context, StateStore root) {
    open(context.stateDir().toPath());
    BatchingStateRestoreCallback restore =
        records -> records.forEach(each -> put(Bytes.wrap(each.key), each.value));
    context.register(root, restore);
  }

  /** Begins empty, with a file in this directory if it comes to that. */
  void open(Path directory) {
    values.clear();
    blocks.open(directory);
    open = true;
  }

  @Override
  public void put(Bytes key, byte @Nullable [] value) {
    Block before = values.get(key);
    if (value != null) {
      values.put(key, blocks.put(value, before));
    } else if (before != null) {
      values.remove(key);
      blocks.free(before);
    }
  }

  @Override
  public byte @Nullable [] get(Bytes key) {
    Block block = values.get(key);
    return block == null ? null : blocks.get(block);
  }

  @Override
  public byte @Nullable [] putIfAbsent(Bytes key, byte[] value) {
    byte[] before = get(key);
    if (before == null) {
      put(key, value);
    }
    return before;
  }

  @Override
  public void putAll(List<KeyValue<Bytes, byte[]>> entries) {
    entries.forEach(entry -> put(entry.key, entry.value));
  }

  @Override
  public byte @Nullable [] delete(Bytes key) {
    byte[] before = get(key);
    put(key, null);
    return before;
  }

  @Override
  public KeyValueIterator<Bytes, byte[]> range(@Nullable Bytes from, @Nullable Bytes to) {
    NavigableMap<Bytes, Block> rest = from == null ? values : values.tailMap(from, true);
    return new Entries(to == null ? rest : rest.headMap(to, true));
  }

  @Override
  public KeyValueIterator<Bytes, byte[]> all() {
    return new Entries(values);
  }

  @Override
  public long approximateNumEntries() {
    return values.size();
  }

  @Override
  public String name() {
    return name;
  }

  /** For interactive queries, of which there are none; to be logged a store must have one. */
  @Override
  public Position getPosition() {
    return position;
  }

  @Override
  public boolean persistent() {
    return false;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    open = false;
    values.clear();
    blocks.close();
  }

  /** Reads each value when it is its turn. */
  private final class Entries implements KeyValueIterator<Bytes, byte[]> {
    private final NavigableMap<Bytes, Block> entries;
    private Map.@Nullable Entry<Bytes, Block> next;

    Entries(NavigableMap<Bytes, Block> entries) {
      this.entries = entries;
      next = entries.firstEntry();
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    @Override
    public Bytes peekNextKey() {
      return entry().getKey();
    }

    @Override
    public KeyValue<Bytes, byte[]> next() {
      Map.Entry<Bytes, Block> entry = entry();
      next = entries.higherEntry(entry.getKey());
      return KeyValue.pair(entry.getKey(), blocks.get(entry.getValue()));
    }

    private Map.Entry<Bytes, Block> entry() {
      if (next == null) {
        throw new NoSuchElementException();
      }
      return next;
    }

    @Override
    public void close() {}
  }
}
