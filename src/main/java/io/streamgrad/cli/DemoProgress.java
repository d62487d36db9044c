package io.streamgrad.cli;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Shows how learning goes: a bar on a terminal, which fits into 80 columns; else a line a second.
 */
final class DemoProgress implements AutoCloseable {
  private static final int ROLLING_IMAGES = 2000;
  private static final long LINE_NANOS = 1_000_000_000;

  private final long total;
  private final @Nullable ProgressBar bar;
  private final Deque<long[]> rolling = new ArrayDeque<>(); // {images, correct} of a batch
  private final Deque<Double> losses = new ArrayDeque<>(); // sum of a batch
  private final long start = System.nanoTime();
  private long images;
  private long rollingImages;
  private long rollingCorrect;
  private double rollingLoss;
  private long nextLine = LINE_NANOS;

  /**
   * Begins to show it.
   *
   * @param total images that will come
   * @param terminal draws the bar; null where there is none
   */
  DemoProgress(long total, @Nullable ProgressBarConsumer terminal) {
    this.total = total;
    bar =
        terminal == null
            ? null
            : new ProgressBarBuilder()
                .setTaskName("images")
                .setInitialMax(total)
                .setStyle(ProgressBarStyle.ASCII)
                .hideEta() // the speed comes with the figures: its unit would take their place
                .setUpdateIntervalMillis(200)
                .setConsumer(terminal)
                .build();
  }

  /** The terminal, where the launcher has found one: the JVM can not always tell. */
  static @Nullable ProgressBarConsumer terminal() {
    return Boolean.getBoolean("streamgrad.terminal")
        ? new ConsoleProgressBarConsumer(System.out)
        : null;
  }

  /** A batch was predicted, so many of it right. */
  void add(int batchImages, int correct, double lossSum) {
    images += batchImages;
    rolling.add(new long[] {batchImages, correct});
    losses.add(lossSum);
    rollingImages += batchImages;
    rollingCorrect += correct;
    rollingLoss += lossSum;
    while (rollingImages - rolling.getFirst()[0] >= ROLLING_IMAGES) {
      long[] old = rolling.removeFirst();
      rollingImages -= old[0];
      rollingCorrect -= old[1];
      rollingLoss -= losses.removeFirst();
    }
    show();
  }

  private void show() {
    long elapsed = System.nanoTime() - start;
    double perSecond = images * 1e9 / elapsed;
    double accuracy = (double) rollingCorrect / rollingImages;
    if (bar != null) {
      bar.setExtraMessage(
          String.format(Locale.ROOT, "%,.0f/s, accuracy %.3f", perSecond, accuracy));
      bar.stepTo(images);
    } else if (elapsed >= nextLine || images == total) {
      nextLine = elapsed + LINE_NANOS;
      System.out.printf(
          Locale.ROOT,
          "%,d of %,d images  %,.0f images/s  accuracy %.3f  loss %.3f%n",
          images,
          total,
          perSecond,
          accuracy,
          rollingLoss / rollingImages);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
