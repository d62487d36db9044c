package io.streamgrad.store;

import io.streamgrad.format.ChangelogLayout;
import io.streamgrad.format.JournalEntry;
import io.streamgrad.format.JournaledBatch;
import io.streamgrad.format.ModelCodec;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.recovery.RecoveredModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * A model of several pieces. A flush writes the batches that it has learned from since the last
 * one, to its {@link Journal}. The state goes out from time to time, some pieces a flush; when it
 * is whole, the batches that are in it are deleted. docs/decisions/0017 says why.
 */
final class LargeModel extends CachedModel {
  /** From the beginning of one state to that of the next: what a restore may have to learn. */
  static final Duration BETWEEN_STATES = Duration.ofSeconds(10);

  /** Of a state, with one flush: 6 MiB. More only where it would take longer than all that. */
  static final int PIECES_A_FLUSH = 8;

  private final String name;
  private final int maxChunkBytes;
  private final int stateBytes;
  private final Journal journal;
  private final ReusableBuffer encoding =
      new ReusableBuffer(); // its own: a state is in it for many flushes

  private long generation; // of the model: the batches in it
  private long flushed; // of the model at the last flush
  private final List<JournaledBatch> unwritten = new ArrayList<>(); // since the last flush
  private long unwrittenBytes; // of all batches since then, also of those that the list lacks

  private long stateGeneration; // of the newest whole state in the store
  private byte slot; // where that is
  private boolean journaled; // whether that is one that batches may follow
  private @Nullable StateWriter writer; // of the next one, when it has begun
  private long begun; // when the last one did
  private long advanced; // when some of it last went out

  /** A new model, or one as it was read from the store. Its next state is due. */
  LargeModel(String name, RecoveredModel restored, int maxChunkBytes, long now) {
    super(restored.model());
    this.name = name;
    this.maxChunkBytes = maxChunkBytes;
    stateBytes = ModelCodec.size(restored.model());
    journal = new Journal(name, maxChunkBytes, restored.entries().values());
    generation = restored.generation();
    flushed = generation;
    stateGeneration = restored.stateGeneration();
    slot = restored.slot();
    journaled = restored.journaled();
    begun = now - BETWEEN_STATES.toNanos();
  }

  @Override
  void learned(ModelEntry after, JournaledBatch batch) {
    super.learned(after, batch);
    generation++;
    unwrittenBytes += JournalEntry.size(batch.batch());
    if (isStateShorter()) {
      unwritten.clear();
    } else {
      unwritten.add(batch);
    }
  }

  @Override
  void moved(ModelEntry after) {
    super.moved(after);
    generation++; // a state of its own, newer than the stored one and all that is in the journal
  }

  /** Whether the state takes fewer bytes than the batches that a flush would write. */
  private boolean isStateShorter() {
    return unwrittenBytes >= stateBytes;
  }

  @Override
  void flush(KeyValueStore<Bytes, byte[]> store, boolean ending, long now) {
    // What a crash left under at-least-once: batches that a state has, and batches in part.
    journal.deleteUpTo(store, stateGeneration);
    journal.deleteAfter(store, flushed);
    if (ending || !journaled || isStateShorter()) {
      if (generation > stateGeneration) {
        begin(now);
        write(store, Integer.MAX_VALUE);
      }
    } else {
      for (JournaledBatch batch : unwritten) {
        flushed++;
        journal.append(store, flushed, batch);
      }
      if (writer == null && isDue(now)) {
        begin(now);
      }
      write(store, piecesOf(now - advanced));
      advanced = now;
    }
    flushed = generation;
    unwritten.clear();
    unwrittenBytes = 0;
  }

  private boolean isDue(long now) {
    return generation > stateGeneration
        && (now - begun >= BETWEEN_STATES.toNanos() || journal.bytes() >= stateBytes);
  }

  /** So many that the state is out in time also where flushes are far apart. */
  private int piecesOf(long elapsed) {
    double share = Math.min(1, (double) elapsed / BETWEEN_STATES.toNanos());
    return Math.max(
        PIECES_A_FLUSH, (int) (share * ChangelogLayout.pieces(stateBytes, maxChunkBytes)));
  }

  /** Begins with the state as it is now, in the slot that does not have the one in the store. */
  private void begin(long now) {
    byte[] bytes = encoding.of(model());
    writer = new StateWriter(name, (byte) (1 - slot), generation, bytes, maxChunkBytes);
    begun = now;
    advanced = now;
  }

  private void write(KeyValueStore<Bytes, byte[]> store, int pieces) {
    if (writer != null && writer.write(store, pieces)) {
      stateGeneration = writer.generation();
      slot = writer.slot();
      journaled = true;
      writer = null;
      // Last: whatever a crash cuts off, the batches are there as long as they are needed.
      journal.deleteUpTo(store, stateGeneration);
    }
  }

  @Override
  boolean isSettled() {
    return generation == stateGeneration && journal.isEmpty();
  }
}
