package io.streamgrad.learner;

import static io.streamgrad.learner.VectorKernel.SPECIES;
import static io.streamgrad.learner.VectorKernel.WIDTH;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** What {@link VectorKernel} does to each element by itself; the last few, one by one. */
final class VectorElements {
  private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);
  // As many bytes as a vector has floats, or the smallest vector there is.
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, WIDTH * Byte.SIZE)));

  private VectorElements() {}

  static void scale(byte[] pixels, int offset, int n, float[] out) {
    int whole = n - n % BYTES.length();
    for (int i = 0; i < whole; i += BYTES.length()) {
      ByteVector bytes = ByteVector.fromArray(BYTES, pixels, offset + i);
      for (int part = 0; part < BYTES.length() / WIDTH; part++) {
        IntVector unsigned = ((IntVector) bytes.castShape(INTS, part)).and(0xff);
        ((FloatVector) unsigned.convert(VectorOperators.I2F, 0))
            .mul(Kernel.PIXEL)
            .intoArray(out, i + part * WIDTH);
      }
    }
    for (int i = whole; i < n; i++) {
      out[i] = (pixels[offset + i] & 0xff) * Kernel.PIXEL;
    }
  }

  static void reluGradient(float[] a, float[] dz, int n) {
    int whole = n - n % WIDTH;
    for (int i = 0; i < whole; i += WIDTH) {
      FloatVector d = FloatVector.fromArray(SPECIES, dz, i);
      VectorMask<Float> lit = FloatVector.fromArray(SPECIES, a, i).compare(VectorOperators.GT, 0f);
      FloatVector.zero(SPECIES).blend(d, lit).intoArray(dz, i);
    }
    for (int i = whole; i < n; i++) {
      dz[i] = a[i] > 0f ? dz[i] : 0f;
    }
  }

  static void exp(float[] x, int n) {
    int whole = n - n % WIDTH;
    for (int i = 0; i < whole; i += WIDTH) {
      exp(FloatVector.fromArray(SPECIES, x, i)).intoArray(x, i);
    }
    for (int i = whole; i < n; i++) {
      x[i] = Softmax.exp(x[i]);
    }
  }

  /** {@link Softmax#exp}, operation by operation. */
  private static FloatVector exp(FloatVector x) {
    FloatVector n = x.fma(all(Softmax.LOG2_E), all(Softmax.ROUND)).sub(Softmax.ROUND);
    FloatVector r = n.fma(all(-Softmax.LN2_HIGH), x);
    r = n.fma(all(-Softmax.LN2_LOW), r);
    FloatVector p = all(Softmax.P5).fma(r, all(Softmax.P4));
    p = p.fma(r, all(Softmax.P3));
    p = p.fma(r, all(Softmax.P2));
    p = p.fma(r, all(Softmax.P1));
    p = p.fma(r, all(Softmax.P0));
    FloatVector y = p.fma(r.mul(r), r).add(1f);
    IntVector exponent = ((IntVector) n.convert(VectorOperators.F2I, 0)).add(127);
    FloatVector power = exponent.lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    return y.mul(power).blend(0f, x.compare(VectorOperators.LT, Softmax.SMALLEST));
  }

  private static FloatVector all(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }
}
