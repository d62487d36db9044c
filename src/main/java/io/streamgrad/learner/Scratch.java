package io.streamgrad.learner;

import java.util.List;

/** The intermediate values of one batch, reused for the next; they never leave the learner. */
final class Scratch {
  private final List<Integer> layers;
  private final float[][] activations; // [layer] (images, width), 0 is the input
  private final float[][] deltas; // [layer] (images, width): the loss's gradient by the layer's Z
  private final Parameters gradient;
  private int capacity;

  Scratch(List<Integer> layers) {
    this.layers = layers;
    activations = new float[layers.size()][];
    deltas = new float[layers.size()][];
    gradient = Parameters.zeros(layers);
  }

  void reserve(int images) {
    if (images > capacity) {
      for (int l = 0; l < layers.size(); l++) {
        activations[l] = new float[images * layers.get(l)];
        deltas[l] = l == 0 ? new float[0] : new float[images * layers.get(l)];
      }
      capacity = images;
    }
  }

  float[] input() {
    return activations[0];
  }

  /** A(layer), (images, width); layer 0 is the input. */
  float[] activation(int layer) {
    return activations[layer];
  }

  /** dZ(layer), (images, width). */
  float[] delta(int layer) {
    return deltas[layer];
  }

  Parameters gradient() {
    return gradient;
  }
}
