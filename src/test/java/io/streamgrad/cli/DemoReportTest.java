package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.cli.DemoSummary.ByClass;
import io.streamgrad.model.ScoreSnapshot;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemoReportTest {

  @Test
  void theFiguresEndWithATableByClass() {
    // Four images of class 0, one of which is taken for 1; six of class 1; none of class 2.
    long[] confusion = {3, 1, 0, 0, 6, 0, 0, 0, 0};
    List<ByClass> byClass = ByClass.of(new ScoreSnapshot(10, 1, 9, 0, confusion));

    String figures =
        DemoReport.figures(new DemoSummary(2000, 125, 0.5, 0.9, byClass, 1234.4, "abc"));

    assertThat(figures.lines().toList())
        .containsSequence(
            "  class    images  precision   recall  (of the test images)",
            "      0         4    100.00%   75.00%",
            "      1         6     85.71%  100.00%",
            "      2         0      0.00%    0.00%");
    assertThat(figures)
        .contains("Learned from 2,000 images in 125 batches, 1,234 images a second")
        .contains("held-out accuracy     90.00%");
  }

  @Test
  void aCommandCanBeTypedAsItIsShown() {
    assertThat(DemoReport.command(List.of("demo", "--data-dir", "a b", "-c", "x=[1, 2]", "it's")))
        .isEqualTo("streamgrad demo --data-dir 'a b' -c 'x=[1, 2]' 'it'\\''s'");
  }

  @Test
  void whatAnEarlierRunHasLeftIsSaid() {
    assertThat(new EarlierRun(0, 0, 0).lines()).isEmpty();
    assertThat(new EarlierRun(60_000, 3_750, 0).lines())
        .containsExactly(
            "Goes on with the model of an earlier run, which has learned from 60,000 images in"
                + " 3,750 batches.");
    assertThat(new EarlierRun(0, 0, 1_200).lines())
        .containsExactly("First come 1,200 batches that an earlier run has sent.");
  }
}
