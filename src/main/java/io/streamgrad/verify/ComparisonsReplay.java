package io.streamgrad.verify;

import io.streamgrad.model.Comparison;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How followers must compare with their leaders: on the images that both are scored by with one
 * record of the input. Not thread-safe.
 */
final class ComparisonsReplay {
  private final Map<String, Comparison> byFollower = new TreeMap<>();
  private String leader = ""; // of the record
  private final Map<List<Long>, Leader> ofRecord = new HashMap<>(); // by batch and place

  /** The prediction of an image's leader. */
  private record Leader(long incarnation, int predicted, double loss) {}

  /** Images that are scored, with labels. */
  @SuppressWarnings("ArrayRecordComponent") // compared by no one
  record Scored(
      long batch,
      int @Nullable [] places,
      MiniBatch lesson,
      Prediction prediction,
      Evaluation evaluation) {
    List<Long> image(int i) {
      return List.of(batch, (long) (places == null ? i : places[i]));
    }
  }

  /** The next record of the input: one of this model. */
  void begin(String model) {
    leader = model;
    ofRecord.clear();
  }

  /** What a model has predicted counts in its score. */
  void scored(String model, ModelState state, Scored scored) {
    long incarnation = state.control().incarnation();
    if (model.equals(leader)) {
      leader(incarnation, scored);
    } else {
      follower(model, incarnation, scored);
    }
  }

  private void leader(long incarnation, Scored scored) {
    for (int i = 0; scored.evaluation().counts() && i < scored.lesson().images(); i++) {
      double loss = scored.prediction().loss(i, scored.lesson().label(i));
      ofRecord.put(
          scored.image(i), new Leader(incarnation, scored.prediction().classes()[i], loss));
    }
  }

  private void follower(String name, long incarnation, Scored scored) {
    for (int i = 0; scored.evaluation().counts() && i < scored.lesson().images(); i++) {
      Leader leader = ofRecord.get(scored.image(i));
      if (leader != null) {
        int label = scored.lesson().label(i);
        compared(name, leader, incarnation, scored)
            .add(
                scored.batch(),
                label,
                leader.predicted() == label,
                scored.prediction().classes()[i] == label,
                leader.loss(),
                scored.prediction().loss(i, label));
      }
    }
  }

  private Comparison compared(String name, Leader leader, long incarnation, Scored scored) {
    Comparison known = byFollower.get(name);
    if (known == null || !known.isOf(leader.incarnation(), incarnation)) {
      int classes = scored.prediction().logits().length / scored.prediction().images();
      known = new Comparison(classes, leader.incarnation(), incarnation, scored.batch());
      byFollower.put(name, known);
    }
    return known;
  }

  /** A follower is no more. */
  void remove(String follower) {
    byFollower.remove(follower);
  }

  /** The comparisons so far, by follower. */
  Map<String, Comparison> byFollower() {
    return byFollower;
  }
}
