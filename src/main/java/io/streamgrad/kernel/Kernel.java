package io.streamgrad.kernel;

import org.jspecify.annotations.Nullable;

/**
 * The loops that take the time. All matrices are row-major float arrays, a row an image or an
 * output unit. Rows of images, (images, width), are padded ({@link PaddedRows}): the next one
 * begins at a multiple of the lanes, and what lies between is zero, before and after each method.
 * Parameters and their gradients lie row to row.
 *
 * <p>Every implementation gives the same bits, because the contract fixes each operation and the
 * order of every sum:
 *
 * <ul>
 *   <li>A multiply-add is fused ({@link Math#fma(float, float, float)}).
 *   <li>A dot product runs in {@value #LANES} lanes that start at +0: lane l adds the products l, l
 *       + 16, l + 32, ... in this order; then lane l adds lane l + 8, then l + 4, l + 2, l + 1.
 *   <li>A sum over images or output units runs in their order, from +0.
 *   <li>Blocks of inputs that {@link NonZeroBlocks} does not name are left out. With finite weights
 *       this shows in no bit: they are zero, and no sum is ever -0 (it starts at +0, and +0 + -0 is
 *       +0), so adding ±0 changes nothing.
 * </ul>
 *
 * <p>Implementations have no state that shows; one instance serves one thread.
 */
public interface Kernel {
  /** Logical lanes of a dot product, whatever the width of the hardware's vectors. */
  int LANES = 16;

  /** One pixel step: the float nearest to 1/255. */
  float PIXEL = 1f / 255f;

  /**
   * Pixels to [0, 1]: {@code (pixel & 255) * PIXEL}.
   *
   * @param pixels (images, inputs) from {@code offset} on, row to row
   * @param x (images, inputs), overwritten
   */
  void scale(byte[] pixels, int offset, int images, int inputs, float[] x);

  /**
   * The forward step of a layer, Z = X W' + b.
   *
   * @param x (images, inputs)
   * @param live of x
   * @param w (outputs, inputs)
   * @param b (outputs)
   * @param z (images, outputs), overwritten: the dot product of the rows, and b added to it
   */
  void affine(
      float[] x,
      NonZeroBlocks live,
      float[] w,
      float[] b,
      int images,
      int inputs,
      int outputs,
      float[] z);

  /**
   * The weights' gradient, dW = dZ' X, summed over the images.
   *
   * @param dz (images, outputs)
   * @param x (images, inputs)
   * @param live of x
   * @param dw (outputs, inputs), overwritten
   */
  void weightGradient(
      float[] dz, float[] x, NonZeroBlocks live, int images, int inputs, int outputs, float[] dw);

  /**
   * Whether {@link #pixelAffine} and {@link #pixelWeightGradient} are there for a layer of this
   * shape; they give the bits that the others give from scaled pixels, faster.
   */
  default boolean takesPixels(int inputs, int outputs) {
    return false;
  }

  /**
   * As {@link #affine}, of pixels (images, inputs) from {@code offset} on, row to row.
   *
   * @param means (inputs), for {@link #centeredBiases} in place of the biases; null for these
   */
  default void pixelAffine(
      byte[] pixels,
      int offset,
      NonZeroBlocks live,
      float[] w,
      float[] b,
      float @Nullable [] means,
      int images,
      int inputs,
      int outputs,
      float[] z) {
    throw new UnsupportedOperationException();
  }

  /**
   * As {@link #weightGradient}, of pixels as in {@link #pixelAffine}.
   *
   * @param sums (inputs), overwritten: {@link #sumPixels} of them
   */
  default void pixelWeightGradient(
      float[] dz,
      byte[] pixels,
      int offset,
      NonZeroBlocks live,
      int images,
      int inputs,
      int outputs,
      float[] dw,
      int[] sums) {
    throw new UnsupportedOperationException();
  }

  /**
   * The biases' gradient: the sums of dZ's columns, over the images.
   *
   * @param dz (images, outputs)
   * @param db (outputs), overwritten
   */
  void biasGradient(float[] dz, int images, int outputs, float[] db);

  /**
   * The sums of each pixel over the images, exact.
   *
   * @param pixels (images, inputs) from {@code offset} on, row to row
   * @param live of these
   * @param sums (inputs), overwritten
   */
  void sumPixels(byte[] pixels, int offset, NonZeroBlocks live, int images, int inputs, int[] sums);

  /**
   * The biases of a layer whose inputs are to be centred, W (x - mean) + b = W x + (b - W mean), so
   * that zeros stay zeros: {@code c[o] = b[o] - } the dot product of the means and row o.
   *
   * @param w (outputs, inputs)
   * @param b (outputs)
   * @param means (inputs)
   * @param c (outputs), overwritten
   */
  void centeredBiases(float[] w, float[] b, float[] means, int inputs, int outputs, float[] c);

  /**
   * Turns the weights' gradient by inputs as they are into that by centred ones, dZ' (X - mean) =
   * dZ' X - db mean', in place: {@code dw[o][i] = fma(-db[o], means[i], dw[o][i])}.
   *
   * @param db (outputs), the biases' gradient
   * @param means (inputs)
   * @param dw (outputs, inputs)
   */
  void centerGradient(float[] db, float[] means, int inputs, int outputs, float[] dw);

  /**
   * The gradient by the layer's input, dX = dZ W, summed over the output units.
   *
   * @param dz (images, outputs)
   * @param w (outputs, inputs)
   * @param dx (images, inputs), overwritten
   */
  void inputGradient(float[] dz, float[] w, int images, int inputs, int outputs, float[] dx);

  /** The gradient by a ReLU's input, in place: dz[i] = 0 where a[i], its output, is not above 0. */
  void reluGradient(float[] a, float[] dz, int n);

  /** The largest magnitude of the first n elements; NaN if one of them is. */
  float largest(float[] a, int n);

  /**
   * Turns logits into probabilities, as {@link Softmax#probabilities} says.
   *
   * @param z (images, classes)
   * @param sums (images), overwritten
   */
  void softmax(float[] z, int images, int classes, float[] sums);

  /** The dot product of an array with itself. */
  float sumOfSquares(float[] a);

  /**
   * A step down a gradient, and one of an exponential average behind it, in one pass: {@code w[i] =
   * fma(-rate, g[i], w[i])}, and with this {@code mean[i] = fma(share, w[i] - mean[i], mean[i])}.
   *
   * @return {@link #sumOfSquares} of g
   */
  float descend(float[] g, float rate, float[] w, float share, float[] mean);

  /**
   * {@link #centerGradient} and {@link #descend} at once.
   *
   * @param g (outputs, inputs), of inputs as they are; overwritten by whatever is fastest
   * @param db (outputs)
   * @param means (inputs)
   * @param w (outputs, inputs)
   * @param mean (outputs, inputs)
   */
  default float descendCentered(
      float[] g,
      float[] db,
      float[] means,
      int inputs,
      int outputs,
      float rate,
      float[] w,
      float share,
      float[] mean) {
    centerGradient(db, means, inputs, outputs, g);
    return descend(g, rate, w, share, mean);
  }

  /**
   * As {@link #descend}, down the {@link #weightGradient} of a single image, which is formed on the
   * way and not stored.
   *
   * @param dz (outputs), finite
   * @param x (inputs)
   * @param w (outputs, inputs)
   * @param mean (outputs, inputs)
   */
  float descendByOne(
      float[] dz,
      float[] x,
      int inputs,
      int outputs,
      float rate,
      float[] w,
      float share,
      float[] mean);

  /**
   * {@link #centerGradient} and {@link #descendByOne} at once: of a single image the biases'
   * gradient is dz.
   *
   * @param dz (outputs), finite
   * @param x (inputs), as they are
   * @param means (inputs)
   * @param w (outputs, inputs)
   * @param mean (outputs, inputs)
   */
  float descendCenteredByOne(
      float[] dz,
      float[] x,
      float[] means,
      int inputs,
      int outputs,
      float rate,
      float[] w,
      float share,
      float[] mean);
}
