package io.streamgrad.store;

import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.DeletedModel;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.recovery.ChangelogView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;

/**
 * The store of a stopped service, to be looked at and brought to another position: one changelog
 * partition. The caller writes the {@link #changes}. Not thread-safe.
 */
public final class ChangelogEdit {
  private final NavigableMap<Bytes, byte[]> before = new TreeMap<>();
  private final KeyValueStore<Bytes, byte[]> bytes =
      Stores.inMemoryKeyValueStore(ChangelogReader.STORE).get();
  private final WeightsStore store =
      new WeightsStore(
          bytes,
          HeapShare.unlimited(),
          ChangelogLayout.MAX_BYTES,
          new RecoveryTarget(Duration.ZERO),
          System::nanoTime);

  /** The store as this changelog has it. */
  public ChangelogEdit(ChangelogView image) {
    image
        .records()
        .forEach(
            (key, value) -> {
              Bytes stored = Bytes.wrap(key.bytes());
              before.put(stored, value);
              bytes.put(stored, value);
            });
  }

  /** The store, with the models as they are now. */
  public WeightsStore store() {
    return store;
  }

  /**
   * Brings models and position to another place in the input.
   *
   * @param labels place in the labels topic; null where there is none
   * @param commands place in the commands topic; null where there is none
   * @param newBeginning whether their lineage is this place from now on, and no batch before it,
   *     and none waits for its labels
   * @param adoption is kept beside the position
   */
  public void adopt(
      Position to,
      @Nullable Position labels,
      @Nullable Position commands,
      boolean newBeginning,
      byte[] adoption) {
    for (String name : store.namesEver()) { // and so all are counted
      if (newBeginning) {
        begin(name, to, labels, commands);
      }
    }
    store.input().adopt(adoption, to);
    store.input().trackPosition(to, false);
    if (labels != null) {
      store.input().clearLabelOrder();
      store.input().trackLabels(labels);
    }
    if (commands != null) {
      store.input().trackCommands(commands);
    }
    store.write(Occasion.ALL);
  }

  /** A model goes on at a place in another log, or what is left of one that was deleted. */
  private void begin(
      String name, Position to, @Nullable Position labels, @Nullable Position commands) {
    long lastLabels = labels == null ? Lineage.NONE.labels() : labels.offset() - 1;
    if (commands != null && !isLater(commands)) {
      store.setBackCommands(name, commands.offset());
    }
    ModelEntry model = store.get(name);
    if (model != null) {
      ModelState state = model.state();
      state.setControl(state.control().withoutBegins());
      if (state.pending() != null) {
        state.keepPending(new PendingBatches());
      }
      Lineage before = model.lineage();
      long lastCommand = commands == null ? before.commands() : commands.offset() - 1;
      Lineage lineage =
          new Lineage(
              to.partition(), to.offset() - 1, before.windowStart(), lastLabels, lastCommand);
      store.put(name, new ModelEntry(state, lineage));
    }
    store.comparisons().remove(name); // its offsets are of the other log
    DeletedModel deleted = store.deleted(name);
    if (deleted != null) {
      Lineage lineage = deleted.lineage().withBatch(to.partition(), to.offset() - 1);
      store.keepDeleted(
          name,
          new DeletedModel(deleted.control().withoutBegins(), lineage.withLabels(lastLabels)));
    }
  }

  /**
   * Whether a place in the commands topic comes after the models', so that no offset comes again.
   */
  private boolean isLater(Position commands) {
    Position before = store.input().commandsPosition();
    return before == null
        || (before.topicId().equals(commands.topicId()) && before.offset() <= commands.offset());
  }

  /** What has to be written to the changelog, in this order; null deletes. */
  public List<KeyValue<byte[], byte @Nullable []>> changes() {
    NavigableMap<Bytes, byte @Nullable []> changed = new TreeMap<>();
    before.keySet().forEach(key -> changed.put(key, null));
    try (KeyValueIterator<Bytes, byte[]> all = bytes.all()) {
      while (all.hasNext()) {
        KeyValue<Bytes, byte[]> record = all.next();
        if (Arrays.equals(record.value, before.get(record.key))) {
          changed.remove(record.key);
        } else {
          changed.put(record.key, record.value);
        }
      }
    }
    List<KeyValue<byte[], byte @Nullable []>> changes = new ArrayList<>();
    for (Map.Entry<Bytes, byte @Nullable []> each : changed.entrySet()) {
      changes.add(KeyValue.pair(each.getKey().get(), each.getValue()));
    }
    return changes;
  }
}
