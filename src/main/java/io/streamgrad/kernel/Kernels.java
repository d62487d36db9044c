package io.streamgrad.kernel;

import java.lang.reflect.Constructor;
import java.util.Locale;

/**
 * Chooses the kernel: the vector one where the JVM was started with {@code
 * --add-modules=jdk.incubator.vector}, else the scalar one. Both give the same bits.
 */
public final class Kernels {
  /** System property: "scalar" or "vector"; unset chooses what is there. */
  static final String KIND = "streamgrad.kernel";

  /** System property: the widest vectors to use, in bits: 128, 256 or 512. */
  public static final String BITS = "streamgrad.kernel.vector-bits";

  private Kernels() {}

  /** A kernel for one thread. */
  public static Kernel create() {
    return vector() ? newVectorKernel() : new ScalarKernel();
  }

  /** What {@link #create} gives, for a log. */
  public static String describe() {
    return create().toString();
  }

  private static boolean vector() {
    String kind = System.getProperty(KIND, "");
    return switch (kind.toLowerCase(Locale.ROOT)) {
      case "" -> ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
      case "scalar" -> false;
      case "vector" -> true;
      default -> throw new IllegalArgumentException(KIND + "=" + kind + ": scalar or vector");
    };
  }

  /** By name: the class can't be loaded without the module, nor compiled with the others. */
  private static Kernel newVectorKernel() {
    try {
      Constructor<?> constructor =
          Class.forName(Kernels.class.getPackageName() + ".VectorKernel").getDeclaredConstructor();
      return (Kernel) constructor.newInstance();
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new IllegalStateException(
          "the vector kernel needs --add-modules=jdk.incubator.vector", e);
    }
  }
}
