package io.streamgrad.store;

import io.streamgrad.format.changelog.ChangelogLayout;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Builds the weights store, over bytes that are restored from a changelog whenever it begins: under
 * exactly-once a crash wipes a store that lasts as well. docs/decisions/0028.
 */
public final class WeightsStoreBuilder implements StoreBuilder<WeightsStore> {
  /** What models may take of the heap, of all tasks. */
  private static final double OF_MODELS = 0.3;

  /** What their stored bytes may, which are read only when a model comes into memory. */
  private static final double OF_BYTES = 0.15;

  private final StoreBuilder<KeyValueStore<Bytes, byte[]>> bytes;
  private final int maxChunkBytes;
  private final RecoveryTarget target;
  private final HeapShare memory = HeapShare.of(OF_MODELS);

  /**
   * A builder of a store of this name.
   *
   * @param recoveryTarget how much learning a restore may have to do again; zero: none
   */
  public WeightsStoreBuilder(String name, Duration recoveryTarget) {
    this(name, recoveryTarget, ChangelogLayout.MAX_BYTES);
  }

  WeightsStoreBuilder(String name, Duration recoveryTarget, int maxChunkBytes) {
    this.maxChunkBytes = maxChunkBytes;
    target = new RecoveryTarget(recoveryTarget);
    bytes =
        Stores.keyValueStoreBuilder(
            new SpillingStore.Supplier(name, HeapShare.of(OF_BYTES)),
            Serdes.Bytes(),
            Serdes.ByteArray());
  }

  @Override
  public WeightsStore build() {
    return new WeightsStore(bytes.build(), memory, maxChunkBytes, target, System::nanoTime);
  }

  @Override
  public StoreBuilder<WeightsStore> withCachingEnabled() {
    return this; // it has a cache of its own, of live models
  }

  @Override
  public StoreBuilder<WeightsStore> withCachingDisabled() {
    return this; // Streams calls this where its record cache has no memory, and we use none of it
  }

  @Override
  public StoreBuilder<WeightsStore> withLoggingEnabled(Map<String, String> config) {
    bytes.withLoggingEnabled(config);
    return this;
  }

  @Override
  public StoreBuilder<WeightsStore> withLoggingDisabled() {
    throw new UnsupportedOperationException("the weights live in the changelog");
  }

  @Override
  public Map<String, String> logConfig() {
    return bytes.logConfig();
  }

  @Override
  public boolean loggingEnabled() {
    return true;
  }

  @Override
  public String name() {
    return bytes.name();
  }
}
