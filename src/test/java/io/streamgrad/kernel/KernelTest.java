package io.streamgrad.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every product of the kernel of this JVM: the bits of the scalar kernel, and the values of EJML in
 * double precision.
 *
 * <p>The bound: values are in [-1, 1], so a sum of n products that is rounded n times is off by
 * less than n * n * 2^-24; the sums here stay far below it.
 */
class KernelTest {
  private final Kernel kernel = Kernels.create();
  private final Kernel scalar = new ScalarKernel();

  /** Images, inputs, outputs; multiples of the lanes and of the tiles, and neither. */
  static Stream<Arguments> shapes() {
    return Stream.of(1, 2, 5, 16, 67)
        .flatMap(
            images ->
                Stream.of(1, 10, 16, 31, 784, 1030, 1040)
                    .flatMap(
                        inputs ->
                            Stream.of(1, 4, 10, 16, 23)
                                .map(outputs -> Arguments.of(images, inputs, outputs))));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void givenAnyShapeWhenForwardThenTheBitsOfTheScalarKernelAndTheValuesOfEjml(
      int images, int inputs, int outputs) {
    Layer layer = new Layer(images, inputs, outputs);
    float[] z = new float[PaddedRows.size(images, outputs)];
    float[] expected = z.clone();

    kernel.affine(layer.x, layer.live, layer.w, layer.b, images, inputs, outputs, z);
    scalar.affine(layer.x, layer.live, layer.w, layer.b, images, inputs, outputs, expected);

    assertThat(z).isEqualTo(expected);
    DMatrixRMaj exact = new DMatrixRMaj(images, outputs);
    CommonOps_DDRM.multTransB(
        paddedMatrix(layer.x, images, inputs), matrix(layer.w, outputs, inputs), exact);
    for (int i = 0; i < images; i++) {
      for (int o = 0; o < outputs; o++) {
        assertThat((double) z[i * PaddedRows.length(outputs) + o])
            .isCloseTo(exact.get(i, o) + layer.b[o], bound(inputs));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 16, 31})
  void givenProductsOfMinusZeroWhenForwardThenPlusZeroAsWhereTheLanesBegin(int inputs) {
    int outputs = 3;
    NonZeroBlocks live = new NonZeroBlocks();
    live.all(1, inputs);
    float[] w = new float[outputs * inputs];
    Arrays.fill(w, -1f);
    float[] b = {-0f, -0f, -0f};

    for (Kernel each : List.of(kernel, scalar)) {
      float[] z = new float[PaddedRows.length(outputs)];
      Arrays.fill(z, 0, outputs, 1f);
      each.affine(new float[PaddedRows.length(inputs)], live, w, b, 1, inputs, outputs, z);

      assertThat(z).isEqualTo(new float[z.length]);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void givenAnyShapeWhenBackwardThenTheBitsOfTheScalarKernelAndTheValuesOfEjml(
      int images, int inputs, int outputs) {
    Layer layer = new Layer(images, inputs, outputs);
    float[] dw = new float[outputs * inputs];
    float[] expectedDw = dw.clone();
    float[] db = new float[outputs];
    float[] expectedDb = db.clone();
    float[] dx = new float[PaddedRows.size(images, inputs)];
    float[] expectedDx = dx.clone();

    kernel.weightGradient(layer.dz, layer.x, layer.live, images, inputs, outputs, dw);
    scalar.weightGradient(layer.dz, layer.x, layer.live, images, inputs, outputs, expectedDw);
    kernel.biasGradient(layer.dz, images, outputs, db);
    scalar.biasGradient(layer.dz, images, outputs, expectedDb);
    kernel.inputGradient(layer.dz, layer.w, images, inputs, outputs, dx);
    scalar.inputGradient(layer.dz, layer.w, images, inputs, outputs, expectedDx);

    assertThat(dw).isEqualTo(expectedDw);
    assertThat(db).isEqualTo(expectedDb);
    assertThat(dx).isEqualTo(expectedDx);
    DMatrixRMaj dz = paddedMatrix(layer.dz, images, outputs);
    DMatrixRMaj exactDw = new DMatrixRMaj(outputs, inputs);
    CommonOps_DDRM.multTransA(dz, paddedMatrix(layer.x, images, inputs), exactDw);
    DMatrixRMaj exactDb = CommonOps_DDRM.sumCols(dz, null);
    DMatrixRMaj exactDx = new DMatrixRMaj(images, inputs);
    CommonOps_DDRM.mult(dz, matrix(layer.w, outputs, inputs), exactDx);
    for (int i = 0; i < dw.length; i++) {
      assertThat((double) dw[i]).isCloseTo(exactDw.data[i], bound(images));
    }
    for (int o = 0; o < outputs; o++) {
      assertThat((double) db[o]).isCloseTo(exactDb.data[o], bound(images));
    }
    for (int i = 0; i < images; i++) {
      for (int c = 0; c < inputs; c++) {
        assertThat((double) dx[i * PaddedRows.length(inputs) + c])
            .isCloseTo(exactDx.get(i, c), bound(outputs));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void givenBlocksOfZerosWhenLeftOutThenNoBitChanges(int images, int inputs, int outputs) {
    Layer layer = new Layer(images, inputs, outputs);
    NonZeroBlocks all = new NonZeroBlocks();
    all.all(images, inputs);
    float[] z = new float[PaddedRows.size(images, outputs)];
    float[] expected = z.clone();
    float[] dw = new float[outputs * inputs];
    float[] expectedDw = dw.clone();

    scalar.affine(layer.x, all, layer.w, layer.b, images, inputs, outputs, expected);
    kernel.affine(layer.x, layer.live, layer.w, layer.b, images, inputs, outputs, z);
    scalar.weightGradient(layer.dz, layer.x, all, images, inputs, outputs, expectedDw);
    kernel.weightGradient(layer.dz, layer.x, layer.live, images, inputs, outputs, dw);

    assertThat(z).isEqualTo(expected);
    assertThat(dw).isEqualTo(expectedDw);
  }

  /** Images, inputs, outputs; inputs are whole blocks. */
  static Stream<Arguments> shapesOfWholeBlocks() {
    return shapes().filter(shape -> (int) shape.get()[1] % Kernel.LANES == 0);
  }

  @ParameterizedTest
  @MethodSource("shapesOfWholeBlocks")
  void givenPixelsWhenTakenAsTheyAreThenTheBitsOfScaledOnes(int images, int inputs, int outputs) {
    assumeThat(kernel.takesPixels(inputs, outputs)).isTrue();
    Layer layer = new Layer(images, inputs, outputs);
    byte[] record = new byte[7 + layer.pixels.length]; // not a byte behind the last one
    System.arraycopy(layer.pixels, 0, record, 7, layer.pixels.length);
    float[] z = new float[PaddedRows.size(images, outputs)];
    float[] expected = z.clone();
    float[] means = new Layer(images, inputs, outputs + 1).x;
    float[] centered = z.clone();
    float[] expectedCentered = z.clone();
    float[] c = new float[outputs];
    float[] dw = new float[outputs * inputs];
    float[] expectedDw = dw.clone();
    int[] sums = new int[inputs];
    Arrays.fill(sums, 7);
    int[] expectedSums = sums.clone();

    scalar.affine(layer.x, layer.live, layer.w, layer.b, images, inputs, outputs, expected);
    kernel.pixelAffine(record, 7, layer.live, layer.w, layer.b, null, images, inputs, outputs, z);
    scalar.centeredBiases(layer.w, layer.b, means, inputs, outputs, c);
    scalar.affine(layer.x, layer.live, layer.w, c, images, inputs, outputs, expectedCentered);
    kernel.pixelAffine(
        record, 7, layer.live, layer.w, layer.b, means, images, inputs, outputs, centered);
    scalar.weightGradient(layer.dz, layer.x, layer.live, images, inputs, outputs, expectedDw);
    kernel.pixelWeightGradient(layer.dz, record, 7, layer.live, images, inputs, outputs, dw, sums);
    scalar.sumPixels(record, 7, layer.live, images, inputs, expectedSums);

    assertThat(z).isEqualTo(expected);
    assertThat(centered).isEqualTo(expectedCentered);
    assertThat(dw).isEqualTo(expectedDw);
    assertThat(sums).isEqualTo(expectedSums);
  }

  @Test
  void givenLayersThatEndWithinATileThenTheirPixelsAreNotTakenAsTheyAre() {
    assertThat(kernel.takesPixels(31, 10)).isFalse();
    assertThat(kernel.takesPixels(32, 9)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void givenPixelsWhenScaledAndSummedThenTheBitsOfTheScalarKernel(
      int images, int inputs, int outputs) {
    byte[] pixels = new byte[outputs + images * inputs];
    new Random(1).nextBytes(pixels);
    float[] x = new float[PaddedRows.size(images, inputs)];
    float[] expected = x.clone();

    kernel.scale(pixels, outputs, images, inputs, x);
    scalar.scale(pixels, outputs, images, inputs, expected);

    assertThat(x).isEqualTo(expected);
    assertThat(kernel.sumOfSquares(x)).isEqualTo(scalar.sumOfSquares(x));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void givenAnyShapeWhenDescendingThenTheBitsOfNormUpdateAndAverageOneByOne(
      int images, int inputs, int outputs) {
    Layer layer = new Layer(images, inputs, outputs);
    float rate = 0.3f;
    float share = 0.01f;
    float[] dw = new float[outputs * inputs];
    scalar.weightGradient(layer.dz, layer.x, layer.live, images, inputs, outputs, dw);
    float[] w = layer.w.clone();
    float[] mean = layer.mean.clone();
    float norm = scalar.sumOfSquares(dw);
    for (int i = 0; i < w.length; i++) {
      w[i] = Math.fma(-rate, dw[i], w[i]);
      mean[i] = Math.fma(share, w[i] - mean[i], mean[i]);
    }

    for (Kernel each : List.of(kernel, scalar)) {
      float[] eachW = layer.w.clone();
      float[] eachMean = layer.mean.clone();
      float eachNorm =
          images == 1
              ? each.descendByOne(layer.dz, layer.x, inputs, outputs, rate, eachW, share, eachMean)
              : each.descend(dw, rate, eachW, share, eachMean);

      assertThat(eachNorm).isEqualTo(norm);
      assertThat(eachW).isEqualTo(w);
      assertThat(eachMean).isEqualTo(mean);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void givenAnyShapeWhenCenteredThenTheBitsOfTheScalarKernelAndTheValuesOfEjml(
      int images, int inputs, int outputs) {
    Layer layer = new Layer(images, inputs, outputs);
    float[] means = Arrays.copyOf(layer.x, inputs);
    float[] c = new float[outputs];
    float[] expectedC = c.clone();
    float[] dw = layer.mean.clone();
    float[] expectedDw = dw.clone();
    int[] sums = new int[inputs];
    Arrays.fill(sums, 7);
    byte[] record = new byte[3 + layer.pixels.length];
    System.arraycopy(layer.pixels, 0, record, 3, layer.pixels.length);

    kernel.centeredBiases(layer.w, layer.b, means, inputs, outputs, c);
    scalar.centeredBiases(layer.w, layer.b, means, inputs, outputs, expectedC);
    kernel.centerGradient(layer.b, means, inputs, outputs, dw);
    scalar.centerGradient(layer.b, means, inputs, outputs, expectedDw);
    kernel.sumPixels(record, 3, layer.live, images, inputs, sums);

    for (Kernel each : List.of(kernel, scalar)) {
      float[] w = layer.w.clone();
      float[] average = layer.mean.clone();
      float[] g = layer.mean.clone();
      float norm =
          each.descendCentered(g, layer.b, means, inputs, outputs, 0.3f, w, 0.01f, average);
      float[] expectedW = layer.w.clone();
      float[] expectedAverage = layer.mean.clone();
      assertThat(norm)
          .isEqualTo(scalar.descend(expectedDw, 0.3f, expectedW, 0.01f, expectedAverage));
      assertThat(w).isEqualTo(expectedW);
      assertThat(average).isEqualTo(expectedAverage);
    }

    assertThat(c).isEqualTo(expectedC);
    assertThat(dw).isEqualTo(expectedDw);
    DMatrixRMaj mean = matrix(means, inputs, 1);
    DMatrixRMaj exactC = matrix(layer.b, outputs, 1);
    CommonOps_DDRM.multAdd(-1, matrix(layer.w, outputs, inputs), mean, exactC);
    DMatrixRMaj exactDw = matrix(layer.mean, outputs, inputs);
    CommonOps_DDRM.multAddTransB(-1, matrix(layer.b, outputs, 1), mean, exactDw);
    for (int o = 0; o < outputs; o++) {
      assertThat((double) c[o]).isCloseTo(exactC.data[o], bound(inputs));
    }
    for (int i = 0; i < dw.length; i++) {
      assertThat((double) dw[i]).isCloseTo(exactDw.data[i], bound(1));
    }
    for (int p = 0; p < inputs; p++) {
      int sum = 0;
      for (int i = 0; i < images; i++) {
        sum += layer.pixels[i * inputs + p] & 0xff;
      }
      assertThat(sums[p]).isEqualTo(sum);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void givenOneImageWhenDescendingCenteredThenTheBitsOfItsGradientCenteredFirst(
      int images, int inputs, int outputs) {
    Layer layer = new Layer(1, inputs, outputs);
    layer.dz[0] = -0f;
    float[] means = new Layer(images, inputs, 1).x;
    float[] db = new float[outputs];
    float[] dw = new float[outputs * inputs];
    scalar.biasGradient(layer.dz, 1, outputs, db);
    scalar.weightGradient(layer.dz, layer.x, layer.live, 1, inputs, outputs, dw);
    scalar.centerGradient(db, means, inputs, outputs, dw);
    float[] w = layer.w.clone();
    float[] average = layer.mean.clone();
    float norm = scalar.descend(dw, 0.3f, w, 0.01f, average);

    for (Kernel each : List.of(kernel, scalar)) {
      float[] eachW = layer.w.clone();
      float[] eachAverage = layer.mean.clone();
      float eachNorm =
          each.descendCenteredByOne(
              layer.dz, layer.x, means, inputs, outputs, 0.3f, eachW, 0.01f, eachAverage);

      assertThat(eachNorm).isEqualTo(norm);
      assertThat(eachW).isEqualTo(w);
      assertThat(eachAverage).isEqualTo(average);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 37})
  void givenNumbersOfAllKindsThenTheLargestMagnitudeIsThatOfTheScalarKernel(int n) {
    Random random = new Random(n);
    float[] a = new float[n + 1];
    for (float odd : new float[] {0f, -0f, 3f, -4f, 1e38f, Float.NEGATIVE_INFINITY, Float.NaN}) {
      a[random.nextInt(n)] = odd;
      a[n] = Float.NaN; // not of the first n

      assertThat(kernel.largest(a, n)).isEqualTo(Float.valueOf(scalar.largest(a, n)));
    }
    assertThat(scalar.largest(a, n)).isNaN();
    assertThat(scalar.largest(new float[] {-2f, 1f, 9f}, 2)).isEqualTo(2f);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 10, 16, 33, 256})
  void givenLogitsOfAllKindsWhenSoftmaxThenTheBitsOfTheScalarKernel(int classes) {
    Random random = new Random(1);
    float[] odd = {0f, -0f, 87f, -87.00001f, Float.NEGATIVE_INFINITY, Float.NaN, -1e-40f, -3e38f};
    int images = 4 * odd.length;
    float[] z = new float[PaddedRows.size(images, classes)];
    for (int i = 0; i < images; i++) {
      int row = i * PaddedRows.length(classes);
      for (int c = 0; c < classes; c++) {
        z[row + c] = -100 * random.nextFloat();
      }
      if (i >= odd.length) { // the first few have none
        z[row + random.nextInt(classes)] = odd[i % odd.length];
      }
    }
    float[] expected = z.clone();
    float[] sums = new float[images];
    float[] expectedSums = sums.clone();

    kernel.softmax(z, images, classes, sums);
    scalar.softmax(expected, images, classes, expectedSums);

    assertThat(z).isEqualTo(expected);
    assertThat(sums).isEqualTo(expectedSums);
  }

  @Test
  void givenActivationsWhenReluIsDifferentiatedThenTheBitsOfTheScalarKernel() {
    Random random = new Random(1);
    float[] a = new float[643];
    float[] dz = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      a[i] = Math.max(0f, (float) random.nextGaussian());
      dz[i] = (float) random.nextGaussian();
    }
    a[5] = Float.NaN;
    a[6] = Float.POSITIVE_INFINITY;
    float[] expected = dz.clone();

    kernel.reluGradient(a, dz, a.length - 1);
    scalar.reluGradient(a, expected, a.length - 1);

    assertThat(dz).isEqualTo(expected);
  }

  private static DMatrixRMaj matrix(float[] values, int rows, int columns) {
    DMatrixRMaj matrix = new DMatrixRMaj(rows, columns);
    Arrays.setAll(matrix.data, i -> values[i]);
    return matrix;
  }

  private static DMatrixRMaj paddedMatrix(float[] values, int rows, int columns) {
    float[] unpadded = new float[rows * columns];
    PaddedRows.unpad(values, rows, columns, unpadded);
    return matrix(unpadded, rows, columns);
  }

  private static Offset<Double> bound(int terms) {
    return Offset.offset((terms + 1) * (terms + 1) * 0x1p-24);
  }

  /** Random values, of whose pixels whole stretches are zero. */
  private static final class Layer {
    final byte[] pixels;
    final float[] x;
    final NonZeroBlocks live = new NonZeroBlocks();
    final float[] w;
    final float[] mean;
    final float[] b;
    final float[] dz;

    Layer(int images, int inputs, int outputs) {
      Random random = new Random(31L * (31L * images + inputs) + outputs);
      pixels = new byte[images * inputs];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (byte) (i / 20 % 3 == 0 ? random.nextInt(256) : 0);
      }
      live.find(pixels, 0, images, inputs);
      x = new float[PaddedRows.size(images, inputs)];
      new ScalarKernel().scale(pixels, 0, images, inputs, x);
      w = values(random, outputs * inputs);
      mean = values(random, outputs * inputs);
      b = values(random, outputs);
      dz = PaddedRows.of(values(random, images * outputs), images, outputs, new float[0]);
    }

    private static float[] values(Random random, int n) {
      float[] values = new float[n];
      for (int i = 0; i < n; i++) {
        values[i] = 2 * random.nextFloat() - 1;
      }
      return values;
    }
  }
}
