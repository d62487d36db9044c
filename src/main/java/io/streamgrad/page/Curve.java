package io.streamgrad.page;

import java.util.ArrayList;
import java.util.List;

/**
 * A learning curve of any length in bounded memory. Its points are of equally many reports each,
 * the last one of fewer; when there are too many, each two become one, which loses no image.
 *
 * <p>A reader keeps up by what was added: points before the last never change while {@link
 * #thinned} stays the same.
 *
 * <p>Not thread-safe.
 */
final class Curve {
  /** More than a wide screen has room for. */
  static final int MAX_POINTS = 600;

  private final List<Point> points = new ArrayList<>();
  private int reportsPerPoint = 1;
  private int thinned;

  /** Adds a report's window. */
  void add(Point report) {
    int last = points.size() - 1;
    if (last >= 0 && points.get(last).reports() < reportsPerPoint) {
      points.set(last, points.get(last).plus(report));
      return;
    }
    if (points.size() == MAX_POINTS) {
      thin();
    }
    points.add(report);
  }

  private void thin() {
    for (int i = 0; i < points.size() / 2; i++) {
      points.set(i, points.get(2 * i).plus(points.get(2 * i + 1)));
    }
    points.subList(points.size() / 2, points.size()).clear();
    reportsPerPoint *= 2;
    thinned++;
  }

  /** How often two points have become one. */
  int thinned() {
    return thinned;
  }

  int size() {
    return points.size();
  }

  /** The points from this one on; to be read before anything is added. */
  List<Point> from(int index) {
    return points.subList(index, points.size());
  }
}
