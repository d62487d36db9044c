package io.streamgrad.format.state;

import io.streamgrad.model.Challenger;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What competes with a model:
 *
 * <pre>
 *   8 version at which it began
 *   8 images compared   8 errors of the model   8 errors of the challenger
 *   8 images that the challenger alone predicted right
 *   its parameters, then their average, if there is one, then the moments, each as parameters
 * </pre>
 *
 * <p>Only where there is a challenger.
 */
final class ChallengerLayout implements SectionLayout {
  private static final int FIXED_BYTES = 5 * Long.BYTES;

  @Override
  public long size(ModelState state) {
    Challenger challenger = state.drift().challenger();
    if (challenger == null) {
      return 0;
    }
    ModelState model = challenger.model();
    int tensors = 1 + (model.average() == null ? 0 : 1) + model.moments().size();
    return FIXED_BYTES + tensors * Numbers.parametersSize(model.parameters().layers());
  }

  @Override
  public void write(ModelEntry entry, ByteBuffer out) {
    Challenger challenger = Objects.requireNonNull(entry.state().drift().challenger());
    ModelState model = challenger.model();
    Challenger.Counters counters = challenger.counters();
    out.putLong(model.averageSince()).putLong(counters.images).putLong(counters.errors);
    out.putLong(counters.challengerErrors).putLong(counters.gained);
    Numbers.put(out, model.parameters());
    if (model.average() != null) {
      Numbers.put(out, model.average());
    }
    model.moments().forEach(moment -> Numbers.put(out, moment));
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    long since = in.getLong();
    Challenger.Counters counters = new Challenger.Counters();
    counters.images = in.getLong();
    counters.errors = in.getLong();
    counters.challengerErrors = in.getLong();
    counters.gained = in.getLong();
    long one = Numbers.parametersSize(parts.layers());
    long count = in.remaining() / one;
    Section.CHALLENGER.require(in, count * one);
    List<Parameters> tensors = new ArrayList<>();
    for (long t = 0; t < count; t++) {
      tensors.add(Numbers.getParameters(in, parts.layers()));
    }
    parts.challenger = new StoredChallenger(since, counters, tensors);
  }
}
