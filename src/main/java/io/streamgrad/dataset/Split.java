package io.streamgrad.dataset;

/** The two parts of a data set in MNIST's layout. */
public enum Split {
  /** What a model learns from. */
  TRAIN("train"),
  /** What a model is judged by and never learns from. */
  TEST("t10k");

  private final String prefix;

  Split(String prefix) {
    this.prefix = prefix;
  }

  String imagesFile() {
    return prefix + "-images-idx3-ubyte";
  }

  String labelsFile() {
    return prefix + "-labels-idx1-ubyte";
  }
}
