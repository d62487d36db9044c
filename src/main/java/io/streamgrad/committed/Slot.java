package io.streamgrad.committed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The place of one model that somebody has asked for.
 *
 * <pre>
 *   BEHIND -- published --&gt; NEWEST -- a commit that it was not copied in, or its task ends --&gt; BEHIND
 * </pre>
 *
 * <p><em>Threading.</em> Guarded by its partition, but for what is volatile.
 */
final class Slot {
  final String name;
  private final List<CompletableFuture<Reading>> waiting = new ArrayList<>();
  private volatile long asked; // when last, nanoseconds
  private volatile @Nullable CommittedModel copy;
  private volatile boolean newest;
  private long behindSince; // nanoseconds; while not newest

  Slot(String name, long now) {
    this.name = name;
    asked = now;
    behindSince = now;
  }

  /** Somebody asks for it. */
  void asked(long now) {
    asked = now;
  }

  /** When somebody last asked for it. */
  long lastAsked() {
    return asked;
  }

  @Nullable CommittedModel copy() {
    return copy;
  }

  /** The model, if the copy is the newest commit's. */
  @Nullable Reading newest() {
    CommittedModel now = copy;
    return now != null && newest ? new Reading.Found(now, Duration.ZERO) : null;
  }

  /** The copy that there is, and since when it is behind; null if there is none. */
  @Nullable Reading last(long now) {
    CommittedModel last = copy;
    return last == null
        ? null
        : new Reading.Found(last, newest ? Duration.ZERO : Duration.ofNanos(now - behindSince));
  }

  CompletableFuture<Reading> await() {
    CompletableFuture<Reading> reading = new CompletableFuture<>();
    waiting.add(reading);
    return reading;
  }

  boolean isAwaited() {
    return !waiting.isEmpty();
  }

  /** From now on this is the newest commit's; returns who waits for it. */
  List<CompletableFuture<Reading>> publish(CommittedModel model) {
    copy = model;
    newest = true;
    return takeWaiting();
  }

  List<CompletableFuture<Reading>> takeWaiting() {
    List<CompletableFuture<Reading>> all = List.copyOf(waiting);
    waiting.clear();
    return all;
  }

  @SuppressWarnings("ReferenceEquality") // that very one
  void removeWaiting(CompletableFuture<Reading> reading) {
    waiting.removeIf(other -> other == reading);
  }

  /** From now on the newest commit may be another. */
  void behind(long now) {
    if (newest) {
      newest = false;
      behindSince = now;
    }
  }
}
