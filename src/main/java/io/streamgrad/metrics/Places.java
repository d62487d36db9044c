package io.streamgrad.metrics;

import java.util.HashSet;
import java.util.Set;

/**
 * A limited number of places for models. Who comes gets one while there are any, and keeps it until
 * it leaves, however busy others are: series that come and go with a ranking would be of no use to
 * a rate or an alert. Models that somebody has named have places kept for them, so that no producer
 * of names can take these.
 *
 * <p>Thread-safe.
 */
final class Places {
  private final int limit;
  private final Set<String> named;
  private final Set<String> holders = new HashSet<>();
  private int unnamed; // holders that are not named

  Places(int limit, Set<String> named) {
    this.limit = limit;
    this.named = Set.copyOf(named);
  }

  /** Whether the model has a place from now on. */
  synchronized boolean take(String model) {
    if (holders.contains(model)) {
      return true;
    }
    boolean isNamed = named.contains(model);
    if (isNamed ? holders.size() >= limit : unnamed >= limit - named.size()) {
      return false;
    }
    unnamed += isNamed ? 0 : 1;
    return holders.add(model);
  }

  /** Gives a place back. Does nothing for a model that has none. */
  synchronized void leave(String model) {
    if (holders.remove(model) && !named.contains(model)) {
      unnamed--;
    }
  }

  /** How many have a place. */
  synchronized int taken() {
    return holders.size();
  }
}
