package io.streamgrad.dataset;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Ways in which what images and labels have to do with each other changes while a data set is
 * passed over once, in the order of its file.
 */
public enum DatasetShift {
  /** From the middle on, every label is the next one. */
  PERMUTE {
    @Override
    boolean isPermuted(int image, int count) {
      return image >= count / 2;
    }
  },

  /** Images turn clockwise, by a quarter of a turn from the first to the last one. */
  ROTATE {
    @Override
    double turned(int image, int count) {
      return Math.PI / 2 * image / count;
    }
  },

  /** Images of the lower half of the classes come first, then those of the upper one. */
  CLASSES {
    @Override
    int[] order(ImageDataset images) {
      int classes = classes(images);
      return IntStream.range(0, images.count())
          .boxed()
          .sorted(Comparator.comparing(image -> images.label(image) >= classes / 2))
          .mapToInt(Integer::intValue)
          .toArray();
    }
  },

  /** In every second sixth of the images every label is the next one. */
  RECURRING {
    @Override
    boolean isPermuted(int image, int count) {
      return image * PARTS / count % 2 == 1;
    }
  };

  private static final long PARTS = 6;

  /** The images that are streamed, as the shift has them. */
  public ImageDataset stream(ImageDataset images) {
    int count = images.count();
    int[] order = order(images);
    Batch all = images.batch(order, 0, count);
    for (int image = 0; image < count; image++) {
      change(all, image, isPermuted(image, count), turned(image, count), classes(images));
    }
    return new ImageDataset(
        images.height(), images.width(), images.channels(), all.pixels(), all.labels());
  }

  /** Other images, all of them as the last one that is streamed. */
  public ImageDataset end(ImageDataset images) {
    int count = images.count();
    Batch all = images.batch(IntStream.range(0, count).toArray(), 0, count);
    for (int image = 0; image < count; image++) {
      change(all, image, isPermuted(count - 1, count), turned(count, count), classes(images));
    }
    return new ImageDataset(
        images.height(), images.width(), images.channels(), all.pixels(), all.labels());
  }

  boolean isPermuted(int image, int count) {
    return false;
  }

  double turned(int image, int count) {
    return 0;
  }

  int[] order(ImageDataset images) {
    return IntStream.range(0, images.count()).toArray();
  }

  private static int classes(ImageDataset images) {
    return IntStream.range(0, images.count()).map(images::label).max().orElse(0) + 1;
  }

  private static void change(
      Batch images, int image, boolean permuted, double turned, int classes) {
    if (permuted) {
      images.labels()[image] = (byte) (((images.labels()[image] & 0xff) + 1) % classes);
    }
    if (turned != 0) {
      for (int channel = 0; channel < images.channels(); channel++) {
        turn(images, image, channel, turned);
      }
    }
  }

  /** Bilinear, about the middle; what comes in at the edges is 0. */
  private static void turn(Batch images, int image, int channel, double by) {
    int height = images.height();
    int width = images.width();
    int channels = images.channels();
    byte[] pixels = images.pixels();
    int from = image * height * width * channels + channel;
    byte[] before = new byte[height * width];
    for (int i = 0; i < before.length; i++) {
      before[i] = pixels[from + i * channels];
    }
    double cos = StrictMath.cos(by);
    double sin = StrictMath.sin(by);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double right = x - (width - 1) / 2.0;
        double down = y - (height - 1) / 2.0;
        double atX = cos * right + sin * down + (width - 1) / 2.0;
        double atY = cos * down - sin * right + (height - 1) / 2.0;
        pixels[from + (y * width + x) * channels] = (byte) Math.round(at(before, atX, atY, width));
      }
    }
  }

  private static double at(byte[] pixels, double x, double y, int width) {
    int left = (int) Math.floor(x);
    int top = (int) Math.floor(y);
    double right = x - left;
    double down = y - top;
    double above = (1 - right) * pixel(pixels, left, top, width);
    double below = (1 - right) * pixel(pixels, left, top + 1, width);
    above += right * pixel(pixels, left + 1, top, width);
    below += right * pixel(pixels, left + 1, top + 1, width);
    return (1 - down) * above + down * below;
  }

  private static int pixel(byte[] pixels, int x, int y, int width) {
    boolean inside = x >= 0 && x < width && y >= 0 && y < pixels.length / width;
    return inside ? pixels[y * width + x] & 0xff : 0;
  }
}
