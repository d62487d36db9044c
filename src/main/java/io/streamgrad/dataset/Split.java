package io.streamgrad.dataset;

import java.util.List;

/** The two parts of a data set. */
public enum Split {
  /** What a model learns from. */
  TRAIN("train"),
  /** What a model is judged by and never learns from. */
  TEST("test", "t10k");

  @SuppressWarnings("ImmutableEnumChecker") // List.of: can't be changed
  private final List<String> names;

  Split(String... names) {
    this.names = List.of(names);
  }

  /** What files and folders call it; the last one is MNIST's. */
  List<String> names() {
    return names;
  }

  String imagesFile() {
    return names.get(names.size() - 1) + "-images-idx3-ubyte";
  }

  String labelsFile() {
    return names.get(names.size() - 1) + "-labels-idx1-ubyte";
  }
}
