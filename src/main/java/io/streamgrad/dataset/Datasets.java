package io.streamgrad.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where data sets come from: MNIST, which is shipped, and folders and files as data sets are given
 * away in. What is in a folder is recognised by the files' names, and what is in a file by its
 * first bytes:
 *
 * <ul>
 *   <li>images and labels in IDX or NumPy's formats, plain or gzip: {@code
 *       train-images-idx3-ubyte.gz} and {@code train-labels.idx1-ubyte}, {@code
 *       kmnist-test-imgs.npz}; what may come before {@code train}, {@code test} or {@code t10k} is
 *       the data set's name, of which there may be several;
 *   <li>one npz with {@code x_train}, {@code y_train}, {@code x_test}, {@code y_test};
 *   <li>CIFAR-10's {@code data_batch_1.bin} and so on, and {@code test_batch.bin};
 *   <li>PNG images in a folder for each class, these in {@code train} and {@code test}, or all to
 *       learn from.
 * </ul>
 */
public final class Datasets {
  private static final String NPZ = ".npz";
  private static final int SHOWN = 10;
  private static final Pattern PAIR =
      Pattern.compile(
          "(?<name>.*?)(?<split>train|t10k|test)[-_.](?<what>images|imgs|labels)([-_.].*)?",
          Pattern.CASE_INSENSITIVE);

  private Datasets() {}

  /** MNIST as shipped with Streamgrad: 60,000 images to learn from and 10,000 to test with. */
  public static ImageDataset mnist(Split split) {
    Tensor labels = shipped(split.labelsFile());
    return shipped(split.imagesFile()).images(labels);
  }

  private static Tensor shipped(String file) {
    String resource = "/mnist/" + file + ".gz";
    try (InputStream in = Datasets.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new DatasetException("The class path lacks " + resource);
      }
      return TensorFile.read(resource, in);
    } catch (IOException e) {
      throw new DatasetException(resource + " can't be read", e);
    }
  }

  /**
   * The data set at a place, e.g. Debian's {@code /usr/share/datasets/fashion-mnist}.
   *
   * @param place a folder; of several data sets in it one by what its files' names begin with
   *     ({@code emnist/emnist-letters}); or a npz file
   * @throws DatasetException if there is none, or more than one; if a file is damaged, or they
   *     don't fit together; if it has no images
   */
  public static ImageDataset in(Path place, Split split) {
    if (Files.isRegularFile(place)) {
      return ofOneFile(place, split);
    }
    if (Files.isDirectory(place)) {
      return in(place, "", split);
    }
    Path folder = place.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new DatasetException(place + " does not exist");
    }
    return in(folder, place.getFileName().toString(), split);
  }

  private static ImageDataset in(Path folder, String name, Split split) {
    List<Path> files = files(folder, name);
    ImageDataset pair = pair(folder, files, split);
    if (pair != null) {
      return pair;
    }
    List<Path> cifar =
        files.stream().filter(file -> Cifar.isOf(split, file.getFileName().toString())).toList();
    if (!cifar.isEmpty()) {
      return Cifar.read(cifar);
    }
    List<Path> npz = files.stream().filter(file -> file.toString().endsWith(NPZ)).toList();
    if (npz.size() == 1) {
      return ofOneFile(npz.get(0), split);
    }
    List<Path> classes = classes(folder, split);
    if (name.isEmpty() && !classes.isEmpty()) {
      List<Path> all = new ArrayList<>(classes);
      for (Split other : Split.values()) {
        all.addAll(classes(folder, other));
      }
      return ClassFolders.read(classes, all);
    }
    throw new DatasetException(
        "%s has no images to %s that are known (%s, with or without .gz, as IDX or npy; npz; CIFAR-10's binary files; PNG in a folder for each class); it has %s"
            .formatted(
                folder.resolve(name),
                split == Split.TRAIN ? "learn from" : "test with",
                split.imagesFile() + " and " + split.labelsFile(),
                shown(files)));
  }

  private static List<Path> classes(Path folder, Split split) {
    Path part = part(folder, split);
    if (part != null) {
      return ClassFolders.in(part);
    }
    boolean isWhole = split == Split.TRAIN && part(folder, Split.TEST) == null;
    return isWhole ? ClassFolders.in(folder) : List.of();
  }

  private static @Nullable Path part(Path folder, Split split) {
    return split.names().stream()
        .map(folder::resolve)
        .filter(Files::isDirectory)
        .findFirst()
        .orElse(null);
  }

  /** Images and labels in a file each; null where there are none. */
  private static @Nullable ImageDataset pair(Path folder, List<Path> files, Split split) {
    SortedMap<String, Path> images = new TreeMap<>();
    SortedMap<String, Path> labels = new TreeMap<>();
    for (Path file : files) { // plain ones come before those with .gz
      Matcher pair = PAIR.matcher(file.getFileName().toString());
      if (pair.matches() && split.names().contains(pair.group("split").toLowerCase(Locale.ROOT))) {
        boolean isLabels = pair.group("what").equalsIgnoreCase("labels");
        (isLabels ? labels : images).putIfAbsent(pair.group("name"), file);
      }
    }
    if (images.isEmpty() && labels.isEmpty()) {
      return null;
    }
    if (images.size() > 1) {
      throw new DatasetException(
          "%s has several data sets; say which: %s"
              .formatted(
                  folder,
                  images.keySet().stream()
                      .map(name -> folder.resolve(name.replaceFirst("[-_.]$", "")).toString())
                      .collect(Collectors.joining(", "))));
    }
    String name = images.isEmpty() ? labels.firstKey() : images.firstKey();
    Path ofImages = images.get(name);
    Path ofLabels = labels.get(name);
    if (ofImages == null || ofLabels == null) {
      throw new DatasetException(
          "%s has no %s for %s; it has %s"
              .formatted(
                  folder,
                  ofImages == null ? "images" : "labels",
                  ofImages == null ? ofLabels : ofImages,
                  shown(files)));
    }
    Tensor pixels = ofOneArray(ofImages);
    return pixels.images(ofOneArray(ofLabels));
  }

  private static Tensor ofOneArray(Path file) {
    if (file.toString().endsWith(NPZ)) {
      List<String> arrays = TensorFile.arrays(file);
      Tensor.check(
          arrays.size() == 1, file.toString(), "has the arrays %s; must be one".formatted(arrays));
      return TensorFile.array(file, arrays.get(0));
    }
    try (InputStream in = Files.newInputStream(file)) {
      return TensorFile.read(file.toString(), in);
    } catch (IOException e) {
      throw new DatasetException(file + " can't be read", e);
    }
  }

  private static ImageDataset ofOneFile(Path file, Split split) {
    List<String> arrays = TensorFile.arrays(file);
    String part = split.names().get(0);
    Tensor.check(
        arrays.contains("x_" + part) && arrays.contains("y_" + part),
        file.toString(),
        "has no x_%s and y_%s; it has %s".formatted(part, part, arrays));
    Tensor labels = TensorFile.array(file, "y_" + part);
    return TensorFile.array(file, "x_" + part).images(labels);
  }

  private static List<Path> files(Path folder, String name) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(name))
          .sorted(Comparator.comparing(Path::toString))
          .toList();
    } catch (IOException e) {
      throw new DatasetException(folder + " can't be read", e);
    }
  }

  private static String shown(List<Path> files) {
    if (files.isEmpty()) {
      return "no files";
    }
    String first =
        files.stream()
            .limit(SHOWN)
            .map(file -> file.getFileName().toString())
            .collect(Collectors.joining(", "));
    return files.size() <= SHOWN ? first : first + " and %d more".formatted(files.size() - SHOWN);
  }
}
