package io.streamgrad.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads CIFAR-10's binary files (https://www.cs.toronto.edu/~kriz/cifar.html): records of a label
 * and 32 x 32 reds, greens and blues.
 */
final class Cifar {
  private static final int SIDE = 32;
  private static final int PIXELS = SIDE * SIDE;
  private static final int COLORS = 3;
  private static final int RECORD = 1 + COLORS * PIXELS;
  private static final int CLASSES = 10;

  private Cifar() {}

  /** Whether a file of this name is one of the split's. */
  static boolean isOf(Split split, String file) {
    return file.matches(split == Split.TRAIN ? "data_batch_\\d+\\.bin" : "test_batch\\.bin");
  }

  /** The images of files, one after the other; red, green and blue of each pixel together. */
  static ImageDataset read(List<Path> files) {
    try {
      long bytes = 0;
      for (Path file : files) {
        long size = Files.size(file);
        Tensor.check(
            size > 0 && size % RECORD == 0,
            file.toString(),
            "has %d bytes; must be records of %d".formatted(size, RECORD));
        bytes += size;
      }
      Tensor.check(bytes <= Integer.MAX_VALUE - 8, files.get(0).toString(), "is too large");
      int count = (int) (bytes / RECORD);
      byte[] labels = new byte[count];
      byte[] pixels = new byte[count * COLORS * PIXELS];
      int image = 0;
      for (Path file : files) {
        byte[] records = Files.readAllBytes(file);
        for (int at = 0; at < records.length; at += RECORD, image++) {
          labels[image] = records[at];
          Tensor.check(
              records[at] >= 0 && records[at] < CLASSES,
              file.toString(),
              "has the label %d at byte %d; is not CIFAR-10".formatted(records[at] & 0xff, at));
          interleave(records, at + 1, pixels, image * COLORS * PIXELS);
        }
      }
      return new ImageDataset(SIDE, SIDE, COLORS, pixels, labels);
    } catch (IOException e) {
      throw new DatasetException(files.get(0).getParent() + " can't be read", e);
    }
  }

  private static void interleave(byte[] planes, int from, byte[] pixels, int to) {
    for (int pixel = 0; pixel < PIXELS; pixel++) {
      for (int color = 0; color < COLORS; color++) {
        pixels[to + pixel * COLORS + color] = planes[from + color * PIXELS + pixel];
      }
    }
  }
}
