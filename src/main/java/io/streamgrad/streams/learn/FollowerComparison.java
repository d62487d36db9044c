package io.streamgrad.streams.learn;

import io.streamgrad.model.Comparison;
import io.streamgrad.model.Control;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.streams.learn.Effects.Scored;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compares followers with their leader, on the images that one record of the input has scored. Used
 * by one thread at a time.
 */
final class FollowerComparison {
  private final Map<Image, Leaders> byImage = new HashMap<>();
  private boolean compares; // whether the leader has followers
  private long leader; // its incarnation

  /** An image by the offset of its batch, and its place in it. */
  private record Image(long batch, int place) {}

  /** What the leader has made of an image. */
  private record Leaders(boolean right, double loss) {}

  /** The next record, of a model with these followers: nothing was scored yet. */
  void begin(List<String> followers) {
    compares = !followers.isEmpty();
    byImage.clear();
  }

  /** The leader's predictions are scored. */
  void leader(Control control, Scored scored) {
    leader = control.incarnation();
    if (compares && scored.evaluation().counts()) {
      for (int i = 0; i < scored.lesson().images(); i++) {
        byImage.put(
            new Image(scored.batch(), scored.place(i)),
            new Leaders(isRight(scored, i), loss(scored, i)));
      }
    }
  }

  /**
   * A follower's predictions are scored.
   *
   * @param before the comparison so far; null if there is none
   * @return with the images that the leader has predicted, too; null if there are none
   */
  @Nullable Comparison follower(Control follower, Scored scored, @Nullable Comparison before) {
    if (!scored.evaluation().counts()) {
      return null;
    }
    Comparison comparison = null;
    MiniBatch lesson = scored.lesson();
    for (int i = 0; i < lesson.images(); i++) {
      Leaders leaders = byImage.get(new Image(scored.batch(), scored.place(i)));
      if (leaders == null) {
        continue;
      }
      if (comparison == null) {
        comparison =
            before != null && before.isOf(leader, follower.incarnation())
                ? before
                : begun(scored, follower);
      }
      comparison.add(
          scored.batch(),
          lesson.label(i),
          leaders.right(),
          isRight(scored, i),
          leaders.loss(),
          loss(scored, i));
    }
    return comparison;
  }

  private Comparison begun(Scored scored, Control follower) {
    int classes = scored.prediction().logits().length / scored.prediction().images();
    return new Comparison(classes, leader, follower.incarnation(), scored.batch());
  }

  private static boolean isRight(Scored scored, int image) {
    return scored.prediction().classes()[image] == scored.lesson().label(image);
  }

  private static double loss(Scored scored, int image) {
    return scored.prediction().loss(image, scored.lesson().label(image));
  }
}
