package io.streamgrad.format.changelog;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.SplitMix64;

/**
 * The terms of the two numbers of a {@link Position}, which are sums over all models: another
 * model, a missing one, an older or a newer one changes them.
 */
public final class Checks {
  private Checks() {}

  /** Of a stored state: of {@link Position#states}. */
  public static long state(String name, ModelEntry model) {
    return mix(name, model.lineage().offset(), model.state().version());
  }

  /** Of a model as it is: of {@link Position#models}. */
  public static long model(String name, ModelEntry model) {
    return model(name, model.state().progress().history, model.state().progress().historySince);
  }

  /** The same, of a model with this history, which has one from the batch of an offset on. */
  public static long model(String name, long history, long historySince) {
    return mix(name, history, historySince);
  }

  private static long mix(String name, long first, long second) {
    return SplitMix64.mix(SplitMix64.mix(SplitMix64.mix(name.hashCode()) + first) + second);
  }
}
