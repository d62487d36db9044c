package io.streamgrad.format.state;

import io.streamgrad.model.Challenger;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import java.util.List;

/**
 * A challenger as it was stored, until the state is known that it competes with.
 *
 * @param since the version at which it began
 * @param tensors parameters, average if there is one, moments
 */
record StoredChallenger(long since, Challenger.Counters counters, List<Parameters> tensors) {
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
