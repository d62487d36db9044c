package io.streamgrad.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CurveTest {
  private final Curve curve = new Curve();

  @Test
  void givenFewReportsThenEachIsAPoint() {
    report(1);
    report(2);

    assertThat(curve.from(0)).containsExactly(point(1, 10, 1), point(2, 10, 1));
    assertThat(curve.thinned()).isZero();
  }

  @Test
  void givenMoreReportsThanPointsThenNoImageIsLostAndPointsAreOfEquallyManyReports() {
    int reports = 10 * Curve.MAX_POINTS + 3;
    for (int i = 1; i <= reports; i++) {
      report(i);
    }

    List<Point> points = curve.from(0);
    assertThat(points).hasSizeBetween(Curve.MAX_POINTS / 2, Curve.MAX_POINTS);
    assertThat(points.stream().mapToLong(Point::images).sum()).isEqualTo(10L * reports);
    assertThat(points.stream().mapToLong(Point::correct).sum()).isEqualTo(7L * reports);
    assertThat(points.subList(0, points.size() - 1)).extracting(Point::reports).containsOnly(16);
    assertThat(points).isSortedAccordingTo((a, b) -> Long.compare(a.end(), b.end()));
    assertThat(points.get(points.size() - 1).end()).isEqualTo(reports);
    assertThat(points).allSatisfy(point -> assertThat(point.accuracy()).isEqualTo(0.7));
  }

  /** What a page relies on that is told of the last point and those after it only. */
  @Test
  void givenACurveThatWasNotThinnedThenPointsBeforeTheLastStayAsTheyWere() {
    for (int i = 1; i <= 3 * Curve.MAX_POINTS; i++) {
      List<Point> before = List.copyOf(curve.from(0));
      int thinned = curve.thinned();
      report(i);
      if (curve.thinned() == thinned && !before.isEmpty()) {
        assertThat(curve.from(0).subList(0, before.size() - 1))
            .isEqualTo(before.subList(0, before.size() - 1));
      }
    }
    assertThat(curve.thinned()).isEqualTo(2);
  }

  private void report(int number) {
    curve.add(point(number, 10, 1));
  }

  private static Point point(int end, int images, int reports) {
    return new Point(end, 1000L * end, images, 7, 5.0, reports);
  }
}
