package io.streamgrad.streams.internal;

import java.util.Map;
import org.apache.kafka.streams.state.StoreBuilder;

/** Builds the hook of each task. */
public final class CommitHookBuilder implements StoreBuilder<CommitHook> {
  private final String name;

  /** A builder of hooks with this name in the topology. */
  public CommitHookBuilder(String name) {
    this.name = name;
  }

  @Override
  public CommitHook build() {
    return new CommitHook(name);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean loggingEnabled() {
    return false;
  }

  @Override
  public Map<String, String> logConfig() {
    return Map.of();
  }

  @Override
  public StoreBuilder<CommitHook> withCachingEnabled() {
    return this;
  }

  @Override
  public StoreBuilder<CommitHook> withCachingDisabled() {
    return this;
  }

  @Override
  public StoreBuilder<CommitHook> withLoggingEnabled(Map<String, String> config) {
    return this;
  }

  @Override
  public StoreBuilder<CommitHook> withLoggingDisabled() {
    return this;
  }
}
