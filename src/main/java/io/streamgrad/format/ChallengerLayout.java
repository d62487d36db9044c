package io.streamgrad.format;

import io.streamgrad.model.Challenger;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A challenger as it is stored, until the state is known that it competes with:
 *
 * <pre>
 *   8 version at which it began
 *   8 images compared   8 errors of the model   8 errors of the challenger
 *   8 images that the challenger alone predicted right
 *   its parameters, then their average, if there is one, then the moments, each as parameters
 * </pre>
 *
 * @param tensors parameters, average if there is one, moments
 */
record ChallengerLayout(long since, Challenger.Counters counters, List<Parameters> tensors) {
  private static final int COUNTERS = 5 * Long.BYTES;

  static long size(Challenger challenger) {
    ModelState model = challenger.model();
    int tensors = 1 + (model.average() == null ? 0 : 1) + model.moments().size();
    return COUNTERS + tensors * Numbers.parametersSize(model.parameters().layers());
  }

  static void write(Challenger challenger, ByteBuffer out) {
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

  static ChallengerLayout read(ByteBuffer in, List<Integer> layers) {
    long since = in.getLong();
    Challenger.Counters counters = new Challenger.Counters();
    counters.images = in.getLong();
    counters.errors = in.getLong();
    counters.challengerErrors = in.getLong();
    counters.gained = in.getLong();
    long one = Numbers.parametersSize(layers);
    if (in.remaining() % one != 0) {
      throw corrupt();
    }
    List<Parameters> tensors = new ArrayList<>();
    while (in.hasRemaining()) {
      tensors.add(Numbers.getParameters(in, layers));
    }
    return new ChallengerLayout(since, counters, tensors);
  }

  /**
   * The challenger of a state.
   *
   * @throws UnreadableStateException if the state can't have such a one
   */
  Challenger of(ModelState state) {
    int others = tensors.size() - state.moments().size();
    if (others < 1 || others > 2 || since < 0 || since > state.version()) {
      throw corrupt();
    }
    Challenger challenger =
        new Challenger(
            state.competing(
                tensors.get(0),
                others == 2 ? tensors.get(1) : null,
                tensors.subList(others, tensors.size()),
                since),
            counters);
    if (!challenger.isSound()) {
      throw corrupt();
    }
    return challenger;
  }

  private static UnreadableStateException corrupt() {
    return new UnreadableStateException("stored model is corrupt: no such challenger can be");
  }
}
