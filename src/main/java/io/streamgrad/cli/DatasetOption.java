package io.streamgrad.cli;

import io.streamgrad.dataset.DatasetException;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.dataset.Split;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which images. */
final class DatasetOption {
  private static final String MNIST = "mnist";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--dataset",
      paramLabel = "PLACE|mnist",
      defaultValue = MNIST,
      description =
          "A folder of images and labels as IDX, npy or npz, gzipped or not, of CIFAR-10's binary "
              + "files, or with a folder of PNG for each class; a npz file; or mnist, which is "
              + "shipped (default: ${DEFAULT-VALUE}).")
  private String dataset;

  @Option(
      names = "--transposed",
      description = "Its images have rows for columns, as EMNIST's have.")
  private boolean transposed;

  @Option(
      names = "--labels-from",
      paramLabel = "N",
      defaultValue = "0",
      description = "The label of its first class (default: ${DEFAULT-VALUE}).")
  private int labelsFrom;

  /**
   * Reads it.
   *
   * @throws IllegalArgumentException if it can't be read; says why
   */
  ImageDataset read(Split split) {
    Arguments.require(
        spec, labelsFrom >= 0 && labelsFrom <= 255, "--labels-from", labelsFrom, "from 0 to 255");
    try {
      ImageDataset read =
          dataset.equals(MNIST) ? Datasets.mnist(split) : Datasets.in(Path.of(dataset), split);
      if (transposed) {
        read = read.transposed();
      } else if (dataset.toLowerCase(Locale.ROOT).contains("emnist")) {
        System.err.println("EMNIST's images have rows for columns; --transposed turns them.");
      }
      return labelsFrom == 0 ? read : read.labelsFrom(labelsFrom);
    } catch (DatasetException e) {
      throw new IllegalArgumentException("--dataset " + dataset, e);
    }
  }

  /**
   * Checks that a model has the classes of a data set's labels.
   *
   * @throws IllegalArgumentException if it has not
   */
  void requireClasses(ImageDataset read, int classes) {
    try {
      read.requireClasses(classes);
    } catch (DatasetException e) {
      throw new IllegalArgumentException("--dataset " + dataset, e);
    }
  }
}
