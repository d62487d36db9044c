package io.streamgrad.store;

import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A sum of one term for each model, see {@link io.streamgrad.format.changelog.Checks}. Not
 * thread-safe.
 */
final class CheckSum {
  private final Map<String, Long> terms = new HashMap<>(); // by model
  private long sum;

  /** This is a model's term from now on. */
  void set(String name, long term) {
    Long before = terms.put(name, term);
    sum += before == null ? term : term - before;
  }

  /** What the sum would be after {@link #set}, less what it is. */
  long change(String name, long term) {
    return term - terms.getOrDefault(name, 0L);
  }

  /** The model is no more. */
  void remove(String name) {
    Long before = terms.remove(name);
    sum -= before == null ? 0 : before;
  }

  boolean has(String name) {
    return terms.containsKey(name);
  }

  /** The names of the models that have a term. */
  SortedSet<String> names() {
    return new TreeSet<>(terms.keySet());
  }

  long value() {
    return sum;
  }

  void clear() {
    terms.clear();
    sum = 0;
  }
}
