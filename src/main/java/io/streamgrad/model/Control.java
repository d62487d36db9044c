package io.streamgrad.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What commands have made of a model, besides its weights. Immutable.
 *
 * @param incarnation how often the model has begun anew, or gone back to what it was: versions
 *     repeat, a version of an incarnation does not
 * @param begins offsets of the images topic at which the last incarnations began, this one last;
 *     none of the first incarnation, and of those after it no more than {@value #MOST_BEGINS}
 * @param paused whether it learns nothing
 * @param settings that win over the configuration's, by their keys below "model"
 * @param obeyed ids of the last commands that had an effect, oldest first, no more than {@value
 *     #MOST_IDS}
 */
public record Control(
    long incarnation,
    List<Long> begins,
    boolean paused,
    SortedMap<String, String> settings,
    List<String> obeyed) {

  /** So many ids are remembered. */
  public static final int MOST_IDS = 32;

  /** So many incarnations are told apart by what they predicted. */
  public static final int MOST_BEGINS = 64;

  /** Of a model that no command has changed. */
  public static final Control NONE =
      new Control(0, List.of(), false, Collections.emptySortedMap(), List.of());

  public Control {
    begins = List.copyOf(begins);
    settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
    obeyed = List.copyOf(obeyed);
  }

  /** The same, paused or not. */
  public Control withPaused(boolean pause) {
    return new Control(incarnation, begins, pause, settings, obeyed);
  }

  /** The same with these settings. */
  public Control withSettings(SortedMap<String, String> other) {
    return new Control(incarnation, begins, paused, other, obeyed);
  }

  /** The next incarnation, which begins at an offset of the images topic. */
  public Control next(long images) {
    return new Control(
        incarnation + 1, last(begins, images, MOST_BEGINS), paused, settings, obeyed);
  }

  /** After a command that had an effect. */
  public Control obeyed(String id) {
    return new Control(incarnation, begins, paused, settings, last(obeyed, id, MOST_IDS));
  }

  private static <T> List<T> last(List<T> before, T next, int most) {
    List<T> all =
        new ArrayList<>(before.subList(Math.max(0, before.size() + 1 - most), before.size()));
    all.add(next);
    return all;
  }

  /** The same where the images are others: what was predicted before is not waited for. */
  public Control withoutBegins() {
    return begins.isEmpty() ? this : new Control(incarnation, List.of(), paused, settings, obeyed);
  }

  /** The incarnation that predicted the batch of an offset, as far back as they are told apart. */
  public long incarnationAt(long batch) {
    long at = incarnation;
    for (int i = begins.size() - 1; i >= 0 && batch < begins.get(i); i--) {
      at--;
    }
    return at;
  }
}
