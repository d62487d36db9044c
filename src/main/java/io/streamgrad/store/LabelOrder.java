package io.streamgrad.store;

import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.Key;
import io.streamgrad.format.changelog.LabelsTaken;
import io.streamgrad.format.changelog.PartitionRecords;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * When labels were processed that some stored state may lack: a record for each commit, until all
 * states are past it. Not thread-safe.
 */
final class LabelOrder {
  /** Well below what a broker takes. */
  private static final int MOST_IN_A_RECORD = 10_000;

  private final KeyValueStore<Bytes, byte[]> store;
  private final ArrayDeque<Written> written = new ArrayDeque<>(); // oldest first
  private final List<LabelsTaken> taken = new ArrayList<>(); // since the last write
  private int next; // number

  /** A stored record, and the offset of its last labels. */
  private record Written(int number, long last) {}

  LabelOrder(KeyValueStore<Bytes, byte[]> store) {
    this.store = store;
  }

  void reset() {
    written.clear();
    taken.clear();
    next = 0;
  }

  /** What is stored, in its order. */
  List<LabelsTaken> stored() {
    return read().values().stream().flatMap(List::stream).toList();
  }

  /** Goes on behind what is stored. */
  void begin() {
    reset();
    read()
        .forEach(
            (number, ofCommit) ->
                written.add(new Written(number, ofCommit.get(ofCommit.size() - 1).labels())));
    next = written.isEmpty() ? 0 : after(written.getLast().number());
  }

  /** What is stored, by number, in its order: numbers begin again at some time. */
  private Map<Integer, List<LabelsTaken>> read() {
    List<Map.Entry<Integer, List<LabelsTaken>>> stored = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> each =
        store.range(
            Bytes.wrap(PartitionRecords.FIRST_TAKEN.bytes()),
            Bytes.wrap(PartitionRecords.LAST_TAKEN.bytes()))) {
      while (each.hasNext()) {
        KeyValue<Bytes, byte[]> record = each.next();
        int number = ChangelogLayout.index(Key.of(record.key.get()));
        stored.add(Map.entry(number, LabelsTaken.decode(record.value)));
      }
    }
    stored.sort(Comparator.comparingLong(each -> each.getValue().get(0).labels()));
    Map<Integer, List<LabelsTaken>> inOrder = new LinkedHashMap<>();
    stored.forEach(each -> inOrder.put(each.getKey(), each.getValue()));
    return inOrder;
  }

  private void write(List<LabelsTaken> some, long neededFrom) {
    long last = some.get(some.size() - 1).labels();
    if (last >= neededFrom) {
      store.put(Bytes.wrap(PartitionRecords.taken(next).bytes()), LabelsTaken.encode(some));
      written.add(new Written(next, last));
      next = after(next);
    }
  }

  private static int after(int number) {
    return number == Integer.MAX_VALUE ? 0 : number + 1;
  }

  /** Deletes all that is stored. */
  void clear() {
    read().keySet().forEach(n -> store.delete(Bytes.wrap(PartitionRecords.taken(n).bytes())));
    reset();
  }

  /** Labels are processed. */
  void take(LabelsTaken labels) {
    taken.add(labels);
  }

  /**
   * Before a commit: writes what is new, and deletes what no state lacks any more.
   *
   * @param neededFrom offset of the first labels that a state lacks
   */
  void write(long neededFrom) {
    for (int from = 0; from < taken.size(); from += MOST_IN_A_RECORD) {
      write(taken.subList(from, Math.min(taken.size(), from + MOST_IN_A_RECORD)), neededFrom);
    }
    taken.clear();
    while (!written.isEmpty() && written.element().last() < neededFrom) {
      store.delete(Bytes.wrap(PartitionRecords.taken(written.remove().number()).bytes()));
    }
  }
}
