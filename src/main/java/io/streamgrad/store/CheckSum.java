package io.streamgrad.store;

import io.streamgrad.model.ModelEntry;
import java.util.HashMap;
import java.util.Map;

/**
 * A number that says which states a position belongs to: the sum, over all models, of a mix of
 * name, offset of the last batch, and version. A state that is older than the position, or newer,
 * changes it. It costs a step of a model the mix of three numbers. Not thread-safe.
 */
final class CheckSum {
  private final Map<String, Long> terms = new HashMap<>(); // by model
  private long sum;

  /** A model is now like this. */
  void set(String name, ModelEntry model) {
    long term = term(name, model.lineage().offset(), model.state().version());
    Long before = terms.put(name, term);
    sum += before == null ? term : term - before;
  }

  long value() {
    return sum;
  }

  void clear() {
    terms.clear();
    sum = 0;
  }

  static long term(String name, long offset, long version) {
    return mix(mix(mix(name.hashCode()) + offset) + version);
  }

  /** The finalizer of SplitMix64, as in {@link io.streamgrad.model.SplitMix64}. */
  private static long mix(long number) {
    long z = number + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
