package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static io.streamgrad.kernel.VectorKernel.WIDTH;
import static jdk.incubator.vector.FloatVector.broadcast;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * {@link Softmax}, a padded row of classes in as many vectors as it takes. In three passes, each a
 * small method: HotSpot allocates the vectors of those it finds too large to be compiled as one.
 */
final class VectorSoftmax {
  private float[] padding = {}; // a row: 0 for classes, then -infinity
  private int classes;

  void probabilities(float[] z, int images, int classes, float[] sums) {
    int row = PaddedRows.length(classes);
    if (this.classes != classes) {
      this.classes = classes;
      padding = new float[row];
      Arrays.fill(padding, classes, row, Float.NEGATIVE_INFINITY);
    }
    for (int i = 0; i < images; i++) {
      subtractLargest(z, i * row, row, padding);
    }
    exp(z, images * row);
    for (int i = 0; i < images; i++) {
      sums[i] = divideBySum(z, i * row, row, classes);
    }
  }

  /** Of a row; its padding becomes -infinity. */
  private static void subtractLargest(float[] z, int at, int row, float[] padding) {
    FloatVector largest = broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    for (int c = 0; c < row; c += WIDTH) {
      FloatVector logits = FloatVector.fromArray(SPECIES, z, at + c);
      largest = largest.max(logits.add(FloatVector.fromArray(SPECIES, padding, c)));
    }
    float max = largest.reduceLanes(VectorOperators.MAX); // the same in whatever order
    for (int c = 0; c < row; c += WIDTH) {
      FloatVector logits = FloatVector.fromArray(SPECIES, z, at + c);
      logits.add(FloatVector.fromArray(SPECIES, padding, c)).sub(max).intoArray(z, at + c);
    }
  }

  /** Divides a row by its sum, which is added up class by class, and returns that. */
  private static float divideBySum(float[] z, int at, int row, int classes) {
    float sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += z[at + c];
    }
    for (int c = 0; c < row; c += WIDTH) {
      FloatVector.fromArray(SPECIES, z, at + c).div(sum).intoArray(z, at + c);
    }
    if (Float.isNaN(sum)) {
      Arrays.fill(z, at + classes, at + row, 0f); // where that is NaN now, and not 0
    }
    return sum;
  }

  /**
   * {@link Softmax#exp}, operation by operation. One method, of calls that are always inlined: a
   * vector handed to another method of ours is allocated where HotSpot no longer inlines that.
   */
  private static void exp(float[] values, int count) {
    for (int i = 0; i < count; i += WIDTH) {
      FloatVector x = FloatVector.fromArray(SPECIES, values, i);
      FloatVector n = x.fma(Softmax.LOG2_E, Softmax.ROUND).sub(Softmax.ROUND);
      FloatVector r = n.fma(broadcast(SPECIES, -Softmax.LN2_HIGH), x);
      r = n.fma(broadcast(SPECIES, -Softmax.LN2_LOW), r);
      FloatVector p = broadcast(SPECIES, Softmax.P5).fma(r, broadcast(SPECIES, Softmax.P4));
      p = p.fma(r, broadcast(SPECIES, Softmax.P3));
      p = p.fma(r, broadcast(SPECIES, Softmax.P2));
      p = p.fma(r, broadcast(SPECIES, Softmax.P1));
      p = p.fma(r, broadcast(SPECIES, Softmax.P0));
      FloatVector y = p.fma(r.mul(r), r).add(1f);
      IntVector exponent = ((IntVector) n.convert(VectorOperators.F2I, 0)).add(127);
      FloatVector power = exponent.lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
      y.mul(power).blend(0f, x.compare(VectorOperators.LT, Softmax.SMALLEST)).intoArray(values, i);
    }
  }
}
