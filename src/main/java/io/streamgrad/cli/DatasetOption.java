package io.streamgrad.cli;

import io.streamgrad.dataset.DatasetException;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.dataset.Split;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which images. */
final class DatasetOption {
  private static final String MNIST = "mnist";

  @Option(
      names = "--dataset",
      paramLabel = "DIR|mnist",
      defaultValue = MNIST,
      description =
          "A folder of IDX files with MNIST's names, gzipped or not; or mnist, which is shipped "
              + "(default: ${DEFAULT-VALUE}).")
  private String dataset;

  ImageDataset read(Split split) {
    ImageDataset read;
    try {
      read = dataset.equals(MNIST) ? Datasets.mnist(split) : Datasets.in(Path.of(dataset), split);
    } catch (DatasetException e) {
      throw new IllegalArgumentException("--dataset " + dataset, e);
    }
    if (read.count() == 0) {
      throw new IllegalArgumentException("--dataset %s: has no images".formatted(dataset));
    }
    return read;
  }
}
