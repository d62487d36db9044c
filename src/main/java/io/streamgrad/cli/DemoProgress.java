package io.streamgrad.cli;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Shows how learning goes: a bar on a terminal, a line a second elsewhere. */
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

  DemoProgress(long total, boolean terminal) {
    this.total = total;
    bar =
        terminal
            ? new ProgressBarBuilder()
                .setTaskName("learning")
                .setInitialMax(total)
                .setStyle(ProgressBarStyle.ASCII)
                .setUnit(" images", 1)
                .showSpeed()
                .setUpdateIntervalMillis(200)
                .build()
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
    String figures =
        String.format(
            Locale.ROOT,
            "accuracy %.3f  loss %.3f",
            (double) rollingCorrect / rollingImages,
            rollingLoss / rollingImages);
    if (bar != null) {
      bar.stepTo(images);
      bar.setExtraMessage(figures);
      return;
    }
    long elapsed = System.nanoTime() - start;
    if (elapsed >= nextLine || images == total) {
      nextLine = elapsed + LINE_NANOS;
      System.out.printf(
          Locale.ROOT,
          "%,d of %,d images  %,.0f images/s  %s%n",
          images,
          total,
          images * 1e9 / elapsed,
          figures);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
