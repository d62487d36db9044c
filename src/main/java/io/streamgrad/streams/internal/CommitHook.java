package io.streamgrad.streams.internal;

import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;
import org.jspecify.annotations.Nullable;

/**
 * The moment right before a task commits: a state store with nothing in it, whose caches Kafka
 * Streams flushes then. What is written and forwarded in it is part of the commit.
 *
 * <p>{@link CachedStateStore} is internal to Kafka Streams and the only hook at that moment; {@link
 * StateStore#commit} comes after the transaction (docs/decisions/0002). {@link #requirePassed} is
 * for whoever is about to commit, in case an upgrade changes this.
 *
 * <pre>
 *   PASSED  -- pending, a record came --&gt;  PENDING  -- the flush --&gt;  PASSED
 * </pre>
 *
 * <p><em>Threading.</em> Used by the stream thread.
 */
public final class CommitHook implements StateStore, CachedStateStore<Object, Object> {
  private final String name;
  private @Nullable Runnable beforeCommit;
  private boolean pending;
  private boolean open;

  CommitHook(String name) {
    this.name = name;
  }

  /**
   * Takes what is to be done before each commit, once; until the task is initialized again. If it
   * throws, nothing is committed.
   */
  public void beforeCommit(Runnable action) {
    if (beforeCommit != null) {
      throw new IllegalStateException("the commit of " + name + " is taken already");
    }
    beforeCommit = action;
  }

  /** A record has come, whose outcome a commit must not be without. */
  public void pending() {
    pending = true;
  }

  /**
   * Checks that what came has passed the hook.
   *
   * @throws IllegalStateException if a commit would be without it
   */
  public void requirePassed() {
    if (pending) {
      throw new IllegalStateException(
          "Kafka Streams is about to commit offsets without having flushed store %s: the weights would not be part of the commit. This version of Kafka Streams is not one that Streamgrad works with"
              .formatted(name));
    }
  }

  @Override
  public void flushCache() {
    if (beforeCommit != null) {
      beforeCommit.run();
    }
    pending = false;
  }

  /** The task becomes another one, with processors of its own. */
  @Override
  public void clearCache() {
    beforeCommit = null;
    pending = false;
  }

  @Override
  public boolean setFlushListener(
      CacheFlushListener<Object, Object> listener, boolean sendOldValues) {
    return false; // there is nothing to be told
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void init(StateStoreContext context, StateStore root) {
    clearCache();
    context.register(root, (key, value) -> {}); // nothing was written
    open = true;
  }

  @Override
  public void close() {
    clearCache();
    open = false;
  }

  @Override
  public boolean persistent() {
    return false;
  }

  @Override
  public boolean isOpen() {
    return open;
  }
}
