package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import org.junit.jupiter.api.Test;

/** The bar on a terminal of 80 columns. */
class DemoProgressTest {
  private static final int COLUMNS = 80 - 2; // the library's margin
  private static final int IMAGES = 120_000;

  @Test
  void givenEightyColumnsThenTheBarIsOneAndTheFiguresAreWhole() {
    List<String> shown = new CopyOnWriteArrayList<>();
    try (DemoProgress progress =
        new DemoProgress(IMAGES, new DelegatingProgressBarConsumer(shown::add, COLUMNS))) {
      for (int i = 0; i < IMAGES; i += 1000) {
        progress.add(1000, 900, 500);
      }
    }

    String last = shown.get(shown.size() - 1);
    assertThat(last)
        .hasSizeLessThanOrEqualTo(COLUMNS)
        .matches("images 100% \\[=+] 120000/120000 \\(0:00:\\d\\d\\) [\\d,]+/s, accuracy 0\\.900");
    assertThat(last.replaceAll("[^=]", "").length()).isGreaterThanOrEqualTo(10);
  }
}
