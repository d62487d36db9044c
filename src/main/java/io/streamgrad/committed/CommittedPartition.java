package io.streamgrad.committed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The models of one partition that somebody asks for. Its task copies them before a commit, and
 * publishes the copies once the commit is through:
 *
 * <pre>
 *   AWAY      -- the task begins ---------&gt;  COMMITTED
 *   COMMITTED -- a record came ------------&gt;  CHANGED  -- before the commit --&gt;  STAGED
 *   STAGED    -- the commit is through ----&gt;  COMMITTED
 *   STAGED    -- it is not, a record came -&gt;  CHANGED
 *   any       -- the task ends -----------&gt;  AWAY
 * </pre>
 *
 * <p>While it is COMMITTED, what is in memory is what was committed, and can be copied at once.
 *
 * <p>Copies take no more than a fiftieth of the task's time: where there are many or large ones,
 * some commits go by without them, for two seconds at most. One round of copies ends when it has
 * taken its time or its part of memory; those that somebody waits for come first. A model that
 * nobody has asked for lately is copied no more.
 *
 * <p><em>Threading.</em> The task's methods are for the stream thread, and at those moments no
 * other thread may change models. {@link #ask} is for any thread.
 */
public final class CommittedPartition {
  private static final Duration FOLLOWED = Duration.ofSeconds(30);
  private static final int SHARE = 50; // of the time, for copies
  private static final Duration ROUND = Duration.ofMillis(40); // of copies, before the next commit

  /** Who asks has patience for longer, even where a pause of the machine fell into a copy. */
  private static final Duration LONGEST_PAUSE = ROUND.multipliedBy(SHARE);

  private enum State {
    AWAY,
    COMMITTED,
    CHANGED,
    STAGED
  }

  private record Staged(Slot slot, @Nullable CommittedModel copy) {}

  private final CommittedModels all;
  private final Map<String, Slot> slots = new ConcurrentHashMap<>();
  private final List<Staged> staged = new ArrayList<>(); // of the stream thread
  private volatile State state = State.AWAY; // changed by the task's threads, one at a time
  private long pausedUntil; // of the stream thread, nanoseconds

  CommittedPartition(CommittedModels all) {
    this.all = all;
    pausedUntil = all.now();
  }

  // ---- the task

  /** What was committed is restored; on the thread that has the models to itself until then. */
  public void begin() {
    state = State.COMMITTED;
  }

  /** A record of the input is about to change models. */
  public void recordCame() {
    if (state != State.CHANGED) {
      staged.clear();
      state = State.CHANGED;
    }
  }

  /**
   * A commit is about to be made, with the models as they are: copies those that are asked for.
   *
   * @param live gives a model, or null if there is none
   */
  public void beforeCommit(Function<String, @Nullable LiveModel> live) {
    if (state == State.CHANGED) {
      staged.clear();
      List<Slot> wanted;
      synchronized (this) {
        wanted = new ArrayList<>(slots.values().stream().filter(Slot::isAwaited).toList());
        slots.values().stream().filter(slot -> !slot.isAwaited()).forEach(wanted::add);
      }
      copy(live, wanted);
      state = State.STAGED;
    }
  }

  /** The commit is through: others see the copies. */
  public void committed() {
    if (state == State.STAGED) {
      state = State.COMMITTED;
      Set<Slot> copied = staged.stream().map(Staged::slot).collect(Collectors.toSet());
      synchronized (this) {
        long now = all.now();
        slots.values().stream()
            .filter(slot -> !copied.contains(slot))
            .forEach(slot -> slot.behind(now));
      }
      publish();
    }
  }

  /**
   * The stream thread has nothing else to do: copies what somebody waits for, unless something is
   * to be committed first.
   */
  public void idle(Function<String, @Nullable LiveModel> live) {
    if (state == State.COMMITTED) {
      List<Slot> wanted;
      synchronized (this) {
        wanted = slots.values().stream().filter(Slot::isAwaited).toList();
      }
      staged.clear();
      copy(live, wanted);
      publish();
    }
  }

  /** The task ends; what it would commit next is not known to be committed. */
  public synchronized void end() {
    state = State.AWAY;
    staged.clear();
    long now = all.now();
    slots.values().forEach(slot -> slot.behind(now));
  }

  private void copy(Function<String, @Nullable LiveModel> live, Iterable<Slot> wanted) {
    long start = all.now();
    boolean paused = start - pausedUntil < 0;
    long bytes = 0; // of what is new
    for (Slot slot : wanted) {
      if (bytes > 0 && (bytes >= all.mostAtOnce() || all.now() - start >= ROUND.toNanos())) {
        break;
      }
      if (!paused && start - slot.lastAsked() < FOLLOWED.toNanos()) {
        LiveModel model = live.apply(slot.name);
        CommittedModel before = slot.copy();
        if (model == null || (before != null && before.isOf(model))) {
          staged.add(new Staged(slot, model == null ? null : before));
        } else {
          CommittedModel copy = CommittedModel.of(slot.name, model, before);
          bytes += copy.bytes();
          staged.add(new Staged(slot, copy));
        }
      }
    }
    long end = all.now();
    if (!paused) {
      pausedUntil = end + Math.min(SHARE * (end - start), LONGEST_PAUSE.toNanos());
    }
  }

  private void publish() {
    List<Runnable> told = new ArrayList<>();
    synchronized (this) {
      for (Staged copied : staged) {
        Slot slot = copied.slot();
        CommittedModel model = copied.copy();
        Reading reading;
        List<CompletableFuture<Reading>> waiting;
        if (model == null) {
          reading = new Reading.Missing();
          waiting = slot.takeWaiting();
          slots.remove(slot.name, slot);
        } else {
          reading = new Reading.Found(model, Duration.ZERO);
          waiting = slot.publish(model);
        }
        waiting.forEach(waiter -> told.add(() -> waiter.complete(reading)));
      }
      staged.clear();
    }
    told.forEach(Runnable::run);
    all.trim();
  }

  // ---- those who ask

  /**
   * Asks for a model: gives the newest commit's as soon as that is at hand, and where the task is
   * not here the last one that was.
   */
  CompletableFuture<Reading> ask(String name) {
    Slot slot = slots.get(name);
    if (slot != null) {
      slot.asked(all.now());
      Reading newest = slot.newest();
      if (newest != null) {
        return CompletableFuture.completedFuture(newest);
      }
    }
    return await(name);
  }

  private synchronized CompletableFuture<Reading> await(String name) {
    long now = all.now();
    Slot slot = slots.get(name);
    if (state == State.AWAY) {
      Reading last = slot == null ? null : slot.last(now);
      return CompletableFuture.completedFuture(last == null ? all.away() : last);
    }
    if (slot == null) {
      slot = new Slot(name, now);
      slots.put(name, slot);
    }
    Reading newest = slot.newest();
    if (newest != null) {
      return CompletableFuture.completedFuture(newest);
    }
    Slot mine = slot;
    CompletableFuture<Reading> reading = mine.await();
    return all.within(reading, () -> giveUp(mine, reading));
  }

  /** It has taken too long: the last copy is better than none. */
  private synchronized Reading giveUp(Slot slot, CompletableFuture<Reading> reading) {
    slot.removeWaiting(reading);
    Reading last = slot.last(all.now());
    if (last != null) {
      return last;
    }
    if (!slot.isAwaited()) {
      slots.remove(slot.name, slot);
    }
    return all.late();
  }

  // ---- memory

  /** The places that have a copy. */
  Iterable<Slot> slots() {
    return slots.values();
  }

  /** Lets a copy go, unless somebody waits at its place; returns whether it has. */
  synchronized boolean drop(Slot slot) {
    return !slot.isAwaited() && slots.remove(slot.name, slot);
  }
}
