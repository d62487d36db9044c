package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static io.streamgrad.kernel.VectorKernel.WIDTH;

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

  static void scale(byte[] pixels, int offset, int n, float[] out, int at) {
    int whole = n - n % BYTES.length();
    for (int i = 0; i < whole; i += BYTES.length()) {
      ByteVector bytes = ByteVector.fromArray(BYTES, pixels, offset + i);
      for (int part = 0; part < BYTES.length() / WIDTH; part++) {
        IntVector unsigned = ((IntVector) bytes.castShape(INTS, part)).and(0xff);
        ((FloatVector) unsigned.convert(VectorOperators.I2F, 0))
            .mul(Kernel.PIXEL)
            .intoArray(out, at + i + part * WIDTH);
      }
    }
    for (int i = whole; i < n; i++) {
      out[at + i] = (pixels[offset + i] & 0xff) * Kernel.PIXEL;
    }
  }

  static float largest(float[] a, int n) {
    // Compared as integers, in which order NaN comes after infinity.
    IntVector largest = IntVector.zero(INTS);
    int whole = n - n % WIDTH;
    for (int i = 0; i < whole; i += WIDTH) {
      IntVector bits = FloatVector.fromArray(SPECIES, a, i).reinterpretAsInts();
      largest = largest.max(bits.and(Integer.MAX_VALUE));
    }
    int max = largest.reduceLanes(VectorOperators.MAX);
    for (int i = whole; i < n; i++) {
      max = Math.max(max, Float.floatToRawIntBits(a[i]) & Integer.MAX_VALUE);
    }
    return Float.intBitsToFloat(max);
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
}
