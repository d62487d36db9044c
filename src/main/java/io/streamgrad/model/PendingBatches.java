package io.streamgrad.model;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The last batches of a model, so that labels may come after their images, and labels that came
 * before. What is old is forgotten while a record is processed, by the time stamps of records and
 * by number: no clock is read. Owned by the thread that learns.
 *
 * <p>The time of a model is that which two records, one right after the other, have reached: a
 * single wrong time stamp does not end the wait for all others.
 */
public final class PendingBatches {
  /** Objects, arrays' headers and places in maps, with a batch's name. */
  private static final long BYTES_OF_A_BATCH = 400;

  private static final long BYTES_OF_EARLY_LABELS = 160;

  /** So many records of labels at most wait for their batches; every batch looks through them. */
  public static final int MAX_EARLY = 1000;

  private final NavigableMap<Long, PendingBatch> batches = new TreeMap<>(); // by offset
  private final NavigableMap<Long, PendingBatch> waiting = new TreeMap<>(); // lack labels
  private final Map<String, Long> byId = new HashMap<>(); // the last batch of an id
  private final ArrayDeque<EarlyLabels> early = new ArrayDeque<>(); // oldest first
  private long images;
  private long predicted; // batches of which what was predicted is kept
  private long predictedImages; // in these
  private long unlabeled;
  private long earlyLabels;
  private long earlyImages; // that such labels name
  private long idBytes; // of all, in UTF-8
  private long forgotten = -1;
  private long time = Long.MIN_VALUE;
  private long lastTimestamp = Long.MIN_VALUE;

  /**
   * Labels whose batch has not come.
   *
   * @param offset of their record
   * @param timestamp of their record, in milliseconds
   */
  public record EarlyLabels(long offset, long timestamp, LateLabels labels) {}

  /**
   * What labels are for.
   *
   * @param outcome LEARNED: there is something to score and to learn
   * @param batch null where there is none
   * @param places among the labels, of those that are new
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by no one
  public record Match(LabelOutcome outcome, @Nullable PendingBatch batch, int[] places) {
    private static final int[] NOTHING = {};

    static Match none(LabelOutcome outcome) {
      return new Match(outcome, null, NOTHING);
    }
  }

  /**
   * What is no longer waited for.
   *
   * @param batches that are forgotten, oldest first
   * @param byAge images whose time is over
   * @param byNumber images after which too many came
   * @param labels that came before a batch that did not come
   */
  public record Expired(
      List<PendingBatch> batches, long byAge, long byNumber, List<EarlyLabels> labels) {}

  /** None, of a model that has seen nothing. */
  public PendingBatches() {}

  /**
   * As they were stored.
   *
   * @param forgotten offset of the last batch that is no longer waited for; -1 if none is
   * @param time of the model, in milliseconds
   * @param lastTimestamp of the last record, in milliseconds
   */
  public PendingBatches(
      Collection<PendingBatch> batches,
      Collection<EarlyLabels> early,
      long forgotten,
      long time,
      long lastTimestamp) {
    batches.forEach(this::put);
    early.forEach(this::hold);
    this.forgotten = forgotten;
    this.time = time;
    this.lastTimestamp = lastTimestamp;
  }

  /** What a new model begins with beside this one: no batch, and the same labels to wait for. */
  public PendingBatches ofNew() {
    return new PendingBatches(List.of(), early, -1, time, lastTimestamp);
  }

  /** All that are known, by their offsets; not a copy. */
  public Collection<PendingBatch> batches() {
    return batches.values();
  }

  /** Labels whose batch has not come, oldest first; not a copy. */
  public Collection<EarlyLabels> early() {
    return early;
  }

  /** The offset of the last batch that is no longer waited for; -1 if none is. */
  public long forgotten() {
    return forgotten;
  }

  /** The time of the model, in milliseconds; {@link Long#MIN_VALUE} before the second record. */
  public long time() {
    return time;
  }

  /** Of the last record, in milliseconds. */
  public long lastTimestamp() {
    return lastTimestamp;
  }

  /** Whether a batch has images whose labels are waited for. */
  public boolean isWaiting(long offset) {
    return waiting.containsKey(offset);
  }

  /** Images that have no label and are waited for. */
  public long unlabeled() {
    return unlabeled;
  }

  /** For how long the oldest of these has been waiting, in milliseconds of record time. */
  public long oldest() {
    return waiting.isEmpty() ? 0 : Math.max(0, time - waiting.firstEntry().getValue().timestamp());
  }

  /** Images of all batches, labeled or not. */
  public long images() {
    return images;
  }

  /** Batches of which what was predicted is kept. */
  public long predicted() {
    return predicted;
  }

  /** Images of these. */
  public long predictedImages() {
    return predictedImages;
  }

  /** Labels that came before their batch. */
  public long earlyLabels() {
    return earlyLabels;
  }

  /** Images that these name. */
  public long earlyImages() {
    return earlyImages;
  }

  /** Bytes of UTF-8 of all batch ids. */
  public long idBytes() {
    return idBytes;
  }

  /** About how many bytes of memory they take beside what they say. */
  public long overhead() {
    return BYTES_OF_A_BATCH * batches.size() + BYTES_OF_EARLY_LABELS * early.size();
  }

  /** A batch was predicted. */
  public void add(PendingBatch batch) {
    put(batch);
  }

  private void put(PendingBatch batch) {
    batches.put(batch.offset(), batch);
    images += batch.labels().length;
    countPredicted(batch, 1);
    unlabeled += batch.unlabeled();
    if (batch.unlabeled() > 0) {
      waiting.put(batch.offset(), batch);
    }
    idBytes += bytes(batch.batchId());
    if (!batch.batchId().isEmpty()) {
      byId.put(batch.batchId(), batch.offset());
    }
  }

  private void countPredicted(PendingBatch batch, int sign) {
    if (batch.prediction() != null) {
      predicted += sign;
      predictedImages += (long) sign * batch.labels().length;
    }
  }

  /**
   * Looks for the batch of labels.
   *
   * @param next offset of the first images record that had not been processed when they came
   */
  public Match match(LateLabels labels, long next) {
    Long offset =
        labels.batchId().isEmpty() ? Long.valueOf(labels.batch()) : byId.get(labels.batchId());
    PendingBatch batch = offset == null ? null : batches.get(offset);
    if (batch == null) {
      return Match.none(missing(labels, next));
    }
    if (!labels.fit(batch.labels().length)) {
      return new Match(LabelOutcome.WRONG_COUNT, batch, Match.NOTHING);
    }
    int[] places = batch.newOf(labels);
    if (places == null) {
      return new Match(LabelOutcome.CONFLICTING, batch, Match.NOTHING);
    }
    return new Match(
        places.length == 0 ? LabelOutcome.REPEATED : LabelOutcome.LEARNED, batch, places);
  }

  private LabelOutcome missing(LateLabels labels, long next) {
    if (!labels.batchId().isEmpty() || labels.batch() >= next) {
      return LabelOutcome.HELD;
    }
    return labels.batch() <= forgotten ? LabelOutcome.EXPIRED : LabelOutcome.UNKNOWN_BATCH;
  }

  /** From now on the new labels of a match are known. */
  public void learned(LateLabels labels, Match match) {
    PendingBatch batch = match.batch();
    if (batch != null) {
      countPredicted(batch, -1);
      batch.learned(labels, match.places());
      countPredicted(batch, 1);
      unlabeled -= match.places().length;
      if (batch.unlabeled() == 0) {
        waiting.remove(batch.offset());
      }
    }
  }

  /** Keeps labels until their batch comes. */
  public void hold(EarlyLabels labels) {
    early.add(labels);
    count(labels, 1);
  }

  /**
   * As {@link #hold(EarlyLabels)}, also where no more images come.
   *
   * @return the one that was kept for longest, where there are too many now
   */
  public List<EarlyLabels> holdAtMost(EarlyLabels labels) {
    hold(labels);
    return early.size() > MAX_EARLY ? List.of(removeEarly()) : List.of();
  }

  private EarlyLabels removeEarly() {
    EarlyLabels oldest = early.remove();
    count(oldest, -1);
    return oldest;
  }

  private void count(EarlyLabels held, int sign) {
    LateLabels labels = held.labels();
    earlyLabels += (long) sign * labels.labels().length;
    earlyImages += labels.images() == null ? 0 : (long) sign * labels.images().length;
    idBytes += (long) sign * bytes(labels.batchId());
  }

  private static int bytes(String id) {
    return id.isEmpty() ? 0 : id.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Takes the labels that came before a batch, oldest first. */
  public List<EarlyLabels> takeEarly(PendingBatch batch) {
    List<EarlyLabels> taken = new ArrayList<>();
    for (Iterator<EarlyLabels> each = early.iterator(); each.hasNext(); ) {
      EarlyLabels held = each.next();
      if (held.labels().nameBatch(batch.offset(), batch.batchId())) {
        taken.add(held);
        each.remove();
        count(held, -1);
      }
    }
    return taken;
  }

  /** A record with this time stamp came: what is too old by then is no longer waited for. */
  public Expired expire(long timestamp, PendingLimits limits) {
    time = Math.max(time, Math.min(timestamp, lastTimestamp));
    lastTimestamp = timestamp;
    List<PendingBatch> old = new ArrayList<>();
    long byAge = 0;
    long byNumber = 0;
    for (Iterator<PendingBatch> each = batches.values().iterator(); each.hasNext(); ) {
      PendingBatch oldest = each.next();
      boolean tooOld = isTooOld(oldest.timestamp(), limits);
      if (!tooOld && images <= limits.images()) {
        break;
      }
      byAge += tooOld ? oldest.unlabeled() : 0;
      byNumber += tooOld ? 0 : oldest.unlabeled();
      each.remove();
      forget(oldest);
      old.add(oldest);
    }
    return new Expired(old, byAge, byNumber, expiredLabels(limits));
  }

  private void forget(PendingBatch batch) {
    images -= batch.labels().length;
    countPredicted(batch, -1);
    unlabeled -= batch.unlabeled();
    waiting.remove(batch.offset());
    idBytes -= bytes(batch.batchId());
    byId.remove(batch.batchId(), batch.offset());
    forgotten = batch.offset();
  }

  private List<EarlyLabels> expiredLabels(PendingLimits limits) {
    List<EarlyLabels> expired = new ArrayList<>();
    while (!early.isEmpty() && isTooOld(early.element().timestamp(), limits)) {
      expired.add(removeEarly());
    }
    return expired;
  }

  private boolean isTooOld(long timestamp, PendingLimits limits) {
    return time != Long.MIN_VALUE && time - timestamp > limits.milliseconds();
  }
}
