package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static jdk.incubator.vector.FloatVector.fromArray;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * From the lanes of ten dot products to their sums, and to a row of Z; for vectors that hold all
 * lanes.
 *
 * <p>Lane l adds lane l + 8, then l + 4, l + 2, l + 1, of several products at a time: where half of
 * the lanes is no longer needed, a second product's are put in their place. Where JDK 17 has
 * compiled such exchanges, it allocates the vectors of the tiles, in every fourth JVM or so.
 */
final class VectorSums {
  /** Products that are summed at once. */
  static final int OUTPUTS = 10;

  private static final int LANES = Kernel.LANES;
  private static final VectorShuffle<Float> BY_8 = exchanged(8);
  private static final VectorShuffle<Float> BY_4 = exchanged(4);
  private static final VectorShuffle<Float> BY_2 = exchanged(2);
  private static final VectorShuffle<Float> BY_1 = exchanged(1);
  private static final VectorMask<Float> IN_8 = VectorMask.fromLong(SPECIES, 0xff00);
  private static final VectorMask<Float> IN_4 = VectorMask.fromLong(SPECIES, 0xf0f0);
  private static final VectorMask<Float> IN_2 = VectorMask.fromLong(SPECIES, 0xcccc);
  private static final VectorMask<Float> IN_1 = VectorMask.fromLong(SPECIES, 0xaaaa);
  // The first exchange puts the lowest bit of a product's number into the highest of its lane's.
  private static final VectorShuffle<Float> IN_ORDER =
      VectorShuffle.fromOp(SPECIES, lane -> Integer.reverse(lane) >>> 28);

  private final float[] biases = new float[LANES]; // of the ten, then zeros
  private final float[] zeros = new float[LANES];
  private final float[] edge = new float[LANES];
  private int first;
  private int row;

  private static VectorShuffle<Float> exchanged(int distance) {
    return VectorShuffle.fromOp(SPECIES, lane -> lane ^ distance);
  }

  /** What follows is of the ten outputs from {@code o} on. */
  void begin(float[] b, int o, int outputs) {
    first = o;
    row = PaddedRows.length(outputs);
    System.arraycopy(b, o, biases, 0, OUTPUTS);
  }

  /**
   * Takes the ten outputs' products of the means from their biases: {@link Kernel#centeredBiases}.
   *
   * @param lanes (OUTPUTS, LANES) from {@code at} on
   */
  void center(float[] lanes, int at) {
    ten(lanes, at, zeros, edge, 0);
    for (int k = 0; k < OUTPUTS; k++) {
      biases[k] -= edge[k];
    }
  }

  /**
   * An image's ten outputs: the products' sums, and the biases added to them.
   *
   * @param lanes (outputs, LANES) from {@code at} on
   * @param z (images, outputs)
   */
  void add(float[] lanes, int at, float[] z, int image) {
    int to = image * row + first;
    if (first + LANES <= row) { // what is behind the ten is zeros, or replaced by the next ten
      ten(lanes, at, biases, z, to);
    } else {
      ten(lanes, at, biases, edge, 0);
      System.arraycopy(edge, 0, z, to, OUTPUTS);
    }
  }

  private static void ten(float[] lanes, int at, float[] biases, float[] z, int to) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector v0 = fromArray(SPECIES, lanes, at);
    FloatVector v1 = fromArray(SPECIES, lanes, at + LANES);
    FloatVector v2 = fromArray(SPECIES, lanes, at + 2 * LANES);
    FloatVector v3 = fromArray(SPECIES, lanes, at + 3 * LANES);
    FloatVector v4 = fromArray(SPECIES, lanes, at + 4 * LANES);
    FloatVector v5 = fromArray(SPECIES, lanes, at + 5 * LANES);
    FloatVector v6 = fromArray(SPECIES, lanes, at + 6 * LANES);
    FloatVector v7 = fromArray(SPECIES, lanes, at + 7 * LANES);
    FloatVector v8 = fromArray(SPECIES, lanes, at + 8 * LANES);
    FloatVector v9 = fromArray(SPECIES, lanes, at + 9 * LANES);
    v0 = v0.blend(v1, IN_8).add(v1.blend(v0, IN_8).rearrange(BY_8));
    v2 = v2.blend(v3, IN_8).add(v3.blend(v2, IN_8).rearrange(BY_8));
    v4 = v4.blend(v5, IN_8).add(v5.blend(v4, IN_8).rearrange(BY_8));
    v6 = v6.blend(v7, IN_8).add(v7.blend(v6, IN_8).rearrange(BY_8));
    v8 = v8.blend(v9, IN_8).add(v9.blend(v8, IN_8).rearrange(BY_8));
    v0 = v0.blend(v2, IN_4).add(v2.blend(v0, IN_4).rearrange(BY_4));
    v4 = v4.blend(v6, IN_4).add(v6.blend(v4, IN_4).rearrange(BY_4));
    v8 = v8.blend(zero, IN_4).add(zero.blend(v8, IN_4).rearrange(BY_4));
    v0 = v0.blend(v4, IN_2).add(v4.blend(v0, IN_2).rearrange(BY_2));
    v8 = v8.blend(zero, IN_2).add(zero.blend(v8, IN_2).rearrange(BY_2));
    v0 = v0.blend(v8, IN_1).add(v8.blend(v0, IN_1).rearrange(BY_1));
    v0.rearrange(IN_ORDER).add(fromArray(SPECIES, biases, 0)).intoArray(z, to);
  }
}
