package io.streamgrad.model;

import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.FMatrixRMaj;

/**
 * One number for every weight and bias of a network: the parameters themselves, their gradient,
 * their average or an optimizer's moment. Mutable and owned by one thread.
 */
public final class Parameters {
  private static final int SAMPLED = 4;
  private static final long GOLDEN_RATIO = 0x9e3779b97f4a7c15L; // of 2^64, as in Fibonacci hashing

  /**
   * Weights of a larger Euclidean norm are as good as infinite: those of [784, 10, 10] that long
   * are 10,000 times as long as trained ones.
   */
  public static final double LARGEST_NORM = 1e6;

  private final List<Integer> layers;

  /** W1, b1, W2, b2, ...: weights (outputs, inputs) row-major, biases (outputs, 1). */
  private final List<FMatrixRMaj> tensors;

  private Parameters(List<Integer> layers, List<FMatrixRMaj> tensors) {
    this.layers = List.copyOf(layers);
    this.tensors = List.copyOf(tensors);
  }

  /** All zero, for layers of the given widths, input first. */
  public static Parameters zeros(List<Integer> layers) {
    return new Parameters(
        layers,
        IntStream.range(0, 2 * (layers.size() - 1))
            .mapToObj(
                t -> new FMatrixRMaj(layers.get(t / 2 + 1), t % 2 == 0 ? layers.get(t / 2) : 1))
            .toList());
  }

  /**
   * Initial weights, uniform in ±sqrt(6 / inputs) (He et al., "Delving Deep into Rectifiers", 2015,
   * eq. 10, as a uniform distribution of the same variance), drawn row by row, layer by layer from
   * {@link SplitMix64}; biases 0. Uniform and not normal, because no logarithm is needed: the same
   * seed gives the same bits in any language.
   */
  public static Parameters initial(List<Integer> layers, long seed) {
    Parameters parameters = zeros(layers);
    SplitMix64 random = new SplitMix64(seed);
    for (int layer = 0; layer < parameters.depth(); layer++) {
      parameters.begin(layer, random);
    }
    return parameters;
  }

  /** Gives a layer initial weights, drawn next, and biases of 0. */
  void begin(int layer, SplitMix64 random) {
    FMatrixRMaj weights = weights(layer);
    float bound = (float) Math.sqrt(6.0 / weights.numCols);
    for (int i = 0; i < weights.data.length; i++) {
      weights.data[i] = (2 * random.nextFloat() - 1) * bound;
    }
    biases(layer).zero();
  }

  /** A hash of a few numbers of each tensor, in places that follow no row or column. */
  int sample() {
    int hash = 1;
    for (FMatrixRMaj tensor : tensors) {
      for (long i = 1; i <= SAMPLED; i++) {
        long fraction = (i * GOLDEN_RATIO) >>> 32; // of 2^32
        int place = (int) ((fraction * tensor.data.length) >>> 32);
        hash = 31 * hash + Float.floatToIntBits(tensor.data[place]);
      }
    }
    return hash;
  }

  /** Sets all to zero. */
  void clear() {
    tensors.forEach(FMatrixRMaj::zero);
  }

  /** Sets those of a layer to zero. */
  void clear(int layer) {
    weights(layer).zero();
    biases(layer).zero();
  }

  /** Has these be as others of the same layers are. */
  void set(Parameters others) {
    for (int i = 0; i < tensors.size(); i++) {
      tensors.get(i).setTo(others.tensors.get(i));
    }
  }

  /** An independent copy. */
  public Parameters copy() {
    return new Parameters(layers, tensors.stream().map(FMatrixRMaj::copy).toList());
  }

  /** The widths of the layers, input first. */
  public List<Integer> layers() {
    return layers;
  }

  /** The number of layers that have weights. */
  public int depth() {
    return layers.size() - 1;
  }

  /** (outputs, inputs) of a layer, 0 being the one next to the input. */
  public FMatrixRMaj weights(int layer) {
    return tensors.get(2 * layer);
  }

  /** (outputs, 1) of a layer. */
  public FMatrixRMaj biases(int layer) {
    return tensors.get(2 * layer + 1);
  }

  /** W1, b1, W2, b2, ..., not copies. */
  public List<FMatrixRMaj> tensors() {
    return tensors;
  }

  /** The number of weights and biases. */
  public int count() {
    return tensors.stream().mapToInt(FMatrixRMaj::getNumElements).sum();
  }

  /** Whether every number is finite. */
  public boolean isFinite() {
    for (FMatrixRMaj tensor : tensors) {
      for (float value : tensor.data) {
        if (!Float.isFinite(value)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether they are finite, and of a norm of no more than {@link #LARGEST_NORM}. */
  boolean areWithinBounds() {
    double sum = 0;
    for (FMatrixRMaj tensor : tensors) {
      for (float value : tensor.data) {
        sum += (double) value * value;
      }
    }
    return sum <= LARGEST_NORM * LARGEST_NORM; // NaN is not
  }
}
