package io.streamgrad.format.exchange;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What a file says of one of its arrays. Nothing of it is to be trusted but what {@link ArrayFile}
 * says that it has checked.
 *
 * @param type of its numbers, as the file calls it
 * @param shape the length of each dimension; none for a single number
 */
record StoredArray(String name, String type, List<Long> shape) {
  /** A shape as Python writes it: (10, 784). */
  static String tuple(List<? extends Number> shape) {
    String lengths = shape.stream().map(Number::toString).collect(Collectors.joining(", "));
    return shape.size() == 1 ? "(" + lengths + ",)" : "(" + lengths + ")";
  }
}
