package io.streamgrad.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where data sets come from. A split of one is a pair of IDX files with MNIST's names, {@code
 * train-images-idx3-ubyte} and so on, with or without {@code .gz}.
 */
public final class Datasets {
  private static final String GZIP_SUFFIX = ".gz";

  private Datasets() {}

  /** MNIST as shipped with Streamgrad: 60,000 images to learn from and 10,000 to test with. */
  public static ImageDataset mnist(Split split) {
    return read(split, Datasets::openMnist);
  }

  /**
   * The data set in a directory, e.g. Debian's {@code /usr/share/datasets/fashion-mnist}.
   *
   * @throws DatasetException if a file is missing or damaged, or the files don't fit together
   */
  public static ImageDataset in(Path directory, Split split) {
    return read(split, file -> open(directory, file));
  }

  private static ImageDataset read(Split split, Source source) {
    Idx.Tensor images = read(source, split.imagesFile(), 3);
    Idx.Tensor labels = read(source, split.labelsFile(), 1);
    int count = images.shape()[0];
    int height = images.shape()[1];
    int width = images.shape()[2];
    if (height == 0 || width == 0) {
      throw new DatasetException(
          split.imagesFile() + " holds images of " + height + " x " + width + " pixels");
    }
    if (count != labels.values().length) {
      throw new DatasetException(
          split.imagesFile()
              + " holds "
              + count
              + " images, but "
              + split.labelsFile()
              + " "
              + labels.values().length
              + " labels");
    }
    return new ImageDataset(height, width, images.values(), labels.values());
  }

  private static Idx.Tensor read(Source source, String file, int dimensions) {
    try (NamedStream stream = source.open(file)) {
      return Idx.read(stream.name(), stream.in(), dimensions);
    } catch (IOException e) {
      throw new DatasetException(file + " can't be read", e);
    }
  }

  private static NamedStream openMnist(String file) {
    String resource = "/mnist/" + file + GZIP_SUFFIX;
    InputStream in = Datasets.class.getResourceAsStream(resource);
    if (in == null) {
      throw new DatasetException("The class path lacks " + resource);
    }
    return new NamedStream(resource, in);
  }

  private static NamedStream open(Path directory, String file) throws IOException {
    Path plain = directory.resolve(file);
    Path compressed = directory.resolve(file + GZIP_SUFFIX);
    Path found = Files.exists(plain) ? plain : compressed;
    if (!Files.exists(found)) {
      throw new DatasetException(directory + " has neither " + file + " nor " + file + GZIP_SUFFIX);
    }
    return new NamedStream(found.toString(), Files.newInputStream(found));
  }

  /** Finds a file by its name without {@code .gz}. */
  private interface Source {
    NamedStream open(String file) throws IOException;
  }

  private record NamedStream(String name, InputStream in) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
