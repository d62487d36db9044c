package io.streamgrad.dataset;

import io.streamgrad.wire.pixels.ImageFormatException;
import io.streamgrad.wire.pixels.PngImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads PNG images from a folder for each class. The classes are the folders' names, where all are
 * numbers, and else their places in alphabetical order; images come class by class, by their files'
 * names. Images are in color where one of them is.
 */
final class ClassFolders {
  private ClassFolders() {}

  /** The folders in a folder, in the order of their classes. */
  static List<Path> in(Path folder) {
    List<Path> classes = list(folder).filter(Files::isDirectory).toList();
    return areNumbered(classes)
        ? classes.stream().sorted(Comparator.comparingInt(ClassFolders::number)).toList()
        : classes;
  }

  private static boolean areNumbered(List<Path> classes) {
    return classes.stream().allMatch(each -> each.getFileName().toString().matches("\\d{1,3}"));
  }

  private static int number(Path folder) {
    return Integer.parseInt(folder.getFileName().toString());
  }

  /**
   * The images of these classes.
   *
   * @param all folders that the data set has for a class, those of its other parts as well: a class
   *     has the same label where another one has no images
   */
  static ImageDataset read(List<Path> classes, List<Path> all) {
    boolean numbered = areNumbered(all);
    List<String> names =
        all.stream().map(each -> each.getFileName().toString()).sorted().distinct().toList();
    List<Path> files = new ArrayList<>();
    ByteArrayOutputStream labels = new ByteArrayOutputStream();
    for (int i = 0; i < classes.size(); i++) {
      int label =
          numbered
              ? number(classes.get(i))
              : names.indexOf(classes.get(i).getFileName().toString());
      Tensor.check(label <= 255, classes.get(i).toString(), "is a class above 255");
      for (Path file : list(classes.get(i)).filter(Files::isRegularFile).toList()) {
        files.add(file);
        labels.write(label);
      }
    }
    if (files.isEmpty()) {
      throw new DatasetException(classes.get(0).getParent() + " holds no images in its folders");
    }
    List<PngImage> images = files.stream().map(ClassFolders::open).toList();
    PngImage first = images.get(0);
    int channels = images.stream().anyMatch(PngImage::isColor) ? 3 : 1;
    ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    for (int i = 0; i < images.size(); i++) {
      PngImage image = images.get(i);
      Tensor.check(
          image.height() == first.height() && image.width() == first.width(),
          files.get(i).toString(),
          "is %d x %d, and %s is %d x %d; must be of one size"
              .formatted(
                  image.height(), image.width(), files.get(0), first.height(), first.width()));
      try {
        pixels.writeBytes(image.pixels(channels));
      } catch (ImageFormatException e) {
        throw new DatasetException(files.get(i) + " is not a valid PNG", e);
      }
    }
    return new ImageDataset(
        first.height(), first.width(), channels, pixels.toByteArray(), labels.toByteArray());
  }

  private static PngImage open(Path file) {
    try {
      return PngImage.of(ByteBuffer.wrap(Files.readAllBytes(file)));
    } catch (ImageFormatException e) {
      throw new DatasetException(file + " is not a PNG image", e);
    } catch (IOException e) {
      throw new DatasetException(file + " can't be read", e);
    }
  }

  /** By name, without hidden ones and those that macOS adds to archives. */
  private static Stream<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> !file.getFileName().toString().matches("\\..*|__MACOSX"))
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      throw new DatasetException(folder + " can't be read", e);
    }
  }
}
