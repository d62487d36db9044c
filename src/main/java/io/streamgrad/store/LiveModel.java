package io.streamgrad.store;

import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.Checks;
import io.streamgrad.format.changelog.Key;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.Moment;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.recovery.RecoveredModel;
import io.streamgrad.store.Blocks.Block;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * A model, and since when its stored state is behind it. Used by one thread at a time.
 *
 * <p>It is in memory, or swapped out: its bytes are in a file, which has nothing to do with what is
 * stored. Stored or not, it goes on from there as it was.
 *
 * <pre>
 *   STORED  -- learned --&gt;  BEHIND  -- write, all of it --&gt;  STORED
 *                           BEHIND  -- write, a part --&gt;  ON ITS WAY  -- write, the rest --&gt;  STORED,
 *                                                     or BEHIND if it learned meanwhile
 * </pre>
 */
final class LiveModel {
  private final String name;
  private final int maxChunkBytes;
  private long bytes; // of its state
  private long memory;
  private @Nullable ModelEntry model; // null: swapped out
  private @Nullable Block swapped; // null: in memory
  private long swappedTerm;
  private long generation;
  private byte slot; // of the stored state
  private List<Key> batches; // of an earlier version, to be deleted

  private @Nullable Moment behindFrom; // from which on the stored state lacks something
  private long behindSince; // nanoseconds
  private @Nullable StateWriter writer; // of a state that is on its way
  private @Nullable Moment newerFrom; // from which on this one lacks something
  private long newerSince;

  /** A new model, or one as it was read from the store. */
  LiveModel(String name, RecoveredModel restored, int maxChunkBytes) {
    this.name = name;
    this.maxChunkBytes = maxChunkBytes;
    model = restored.model();
    generation = restored.generation();
    slot = restored.slot();
    batches = restored.batches();
    measure(model);
  }

  private void measure(ModelEntry measured) {
    PendingBatches pending = measured.state().pending();
    bytes = ModelCodec.size(measured);
    memory = bytes + (pending == null ? 0 : pending.overhead());
  }

  String name() {
    return name;
  }

  /** The bytes of its state. */
  long bytes() {
    return bytes;
  }

  /** About how many bytes of memory it takes. */
  long memory() {
    return memory;
  }

  /** The model as it is now, which must be in memory; it may be changed in place. */
  ModelEntry model() {
    return Objects.requireNonNull(model, name);
  }

  /** Its bytes go to a file, and the model from memory. */
  void swapOut(Blocks file, ReusableBuffer encoding) {
    swappedTerm = Checks.state(name, model());
    swapped = file.put(encoding.of(model()), null);
    model = null;
  }

  /** It comes back into memory. */
  void swapIn(Blocks file) {
    Block block = Objects.requireNonNull(swapped, name);
    model = ModelCodec.decode(file.get(block));
    file.free(block);
    swapped = null;
  }

  /** It is no more: nothing of it stays in the file. */
  void discard(Blocks file) {
    if (swapped != null) {
      file.free(swapped);
      swapped = null;
    }
  }

  /**
   * Takes the model after it has learned, or with another lineage.
   *
   * @param from where the input has what it learned, with all that comes later
   * @param clock in nanoseconds
   */
  void set(ModelEntry after, Moment from, LongSupplier clock) {
    model = after;
    if (!after.state().isOfFixedSize()) {
      measure(after);
    }
    if (behindFrom == null) {
      behindFrom = from;
      behindSince = clock.getAsLong();
    } else if (writer == null) {
      behindFrom = behindFrom.least(from);
    } else if (newerFrom == null) {
      newerFrom = from;
      newerSince = clock.getAsLong();
    } else {
      newerFrom = newerFrom.least(from);
    }
  }

  boolean isBehind() {
    return behindFrom != null;
  }

  /** Where the input begins to have what the stored state lacks. */
  Moment behindFrom() {
    Moment from = Objects.requireNonNull(behindFrom, name);
    return newerFrom == null ? from : from.least(newerFrom);
  }

  /** How long the stored state has lacked it, in nanoseconds. */
  long behind(long now) {
    return now - behindSince;
  }

  /** Whether a part of the next state is written. */
  boolean isOnItsWay() {
    return writer != null;
  }

  /** How much is left to be written of the state that is on its way, or of the next one. */
  long bytesLeft() {
    if (writer != null) {
      return writer.bytesLeft();
    }
    return swapped != null ? swapped.length() : ModelCodec.size(model());
  }

  /** The term of {@link Checks} of the state that is on its way, or of the next one. */
  long nextTerm() {
    if (writer != null) {
      return writer.term();
    }
    return swapped != null ? swappedTerm : Checks.state(name, model());
  }

  /**
   * Writes the state, or more of the one that is on its way.
   *
   * @param atMost so many bytes, and one piece in any case
   * @param encoding is this model's until its state is whole
   * @param file that it may be swapped out to
   * @return whether it is
   */
  boolean write(
      KeyValueStore<Bytes, byte[]> store, long atMost, ReusableBuffer encoding, Blocks file) {
    if (writer == null) {
      byte[] bytes = swapped != null ? file.get(swapped) : encoding.of(model());
      boolean one = ChangelogLayout.pieces(bytes.length, maxChunkBytes) == 1;
      slot = one ? 0 : (byte) (1 - slot);
      generation++;
      writer = new StateWriter(name, slot, generation, bytes, maxChunkBytes, nextTerm());
    }
    if (!writer.write(store, atMost)) {
      return false;
    }
    writer = null;
    behindFrom = newerFrom;
    behindSince = newerSince;
    newerFrom = null;
    batches.forEach(key -> store.delete(Bytes.wrap(key.bytes())));
    batches = List.of();
    return true;
  }
}
