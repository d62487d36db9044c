package io.streamgrad.learner;

import io.streamgrad.kernel.NonZeroBlocks;
import io.streamgrad.kernel.PaddedRows;
import io.streamgrad.model.Parameters;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The intermediate values of one batch, in padded rows, reused for the next; they never leave the
 * learner.
 */
final class Scratch {
  private static final float[] NONE = {};

  private final List<Integer> layers;
  private final float[][] activations; // [layer] (images, width), 0 is the input
  private final float[][] deltas; // [layer] (images, width): the loss's gradient by the layer's Z
  private final NonZeroBlocks[] live; // [layer] of the activations
  private @Nullable Parameters gradient; // from its first use on: who only predicts has none
  private final float[] centeredBiases; // (units) of the first layer, where inputs are centred
  private final int[] pixelSums; // (inputs)
  private boolean pixelsSummed;
  private float[] sums = {}; // (images): of the softmax's exponentials
  private int capacity;

  Scratch(List<Integer> layers) {
    this.layers = layers;
    activations = new float[layers.size()][];
    deltas = new float[layers.size()][];
    live = new NonZeroBlocks[layers.size()];
    Arrays.setAll(live, layer -> new NonZeroBlocks());
    centeredBiases = new float[layers.get(1)];
    pixelSums = new int[layers.get(0)];
  }

  /** Makes room for a batch. What it says of live blocks holds for any values above the input. */
  void reserve(int images) {
    pixelsSummed = false;
    if (images > capacity) {
      for (int l = 0; l < layers.size(); l++) {
        int size = PaddedRows.size(images, layers.get(l));
        activations[l] = new float[size];
        deltas[l] = NONE;
      }
      sums = new float[images];
      capacity = images;
    }
    for (int l = 1; l < layers.size(); l++) {
      live[l].all(images, layers.get(l));
    }
  }

  /** A(layer), (images, width); layer 0 is the input. */
  float[] activation(int layer) {
    return activations[layer];
  }

  /** The blocks of A(layer) that are not all zero. */
  NonZeroBlocks live(int layer) {
    return live[layer];
  }

  /** dZ(layer), (images, width). */
  float[] delta(int layer) {
    if (layer > 0 && deltas[layer].length == 0) {
      deltas[layer] = new float[activations[layer].length]; // who only predicts has none
    }
    return deltas[layer];
  }

  /** (units) the first layer's biases for inputs that are less their means. */
  float[] centeredBiases() {
    return centeredBiases;
  }

  /** (inputs) the sums of the batch's pixels, if they {@linkplain #pixelsSummed are there}. */
  int[] pixelSums() {
    return pixelSums;
  }

  /** Whether this batch's pixels have been summed on the way through its gradient. */
  boolean pixelsSummed() {
    return pixelsSummed;
  }

  /** They have. */
  void setPixelsSummed() {
    pixelsSummed = true;
  }

  /** The sums of the output layer's exponentials, (images). */
  float[] sums() {
    return sums;
  }

  /** The width of the output layer. */
  int classes() {
    return layers.get(layers.size() - 1);
  }

  /** The gradient by weights and biases. */
  Parameters gradient() {
    if (gradient == null) {
      gradient = Parameters.zeros(layers);
    }
    return gradient;
  }
}
