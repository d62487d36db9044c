package io.streamgrad.learner;

import io.streamgrad.kernel.Kernel;
import io.streamgrad.kernel.NonZeroBlocks;
import io.streamgrad.kernel.PaddedRows;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import org.ejml.data.FMatrixRMaj;

/**
 * The backward pass: from the activations that the {@link ForwardPass} has left to the gradient.
 */
final class BackwardPass {
  private final Kernel kernel;
  private final Scratch scratch;

  BackwardPass(Kernel kernel, Scratch scratch) {
    this.kernel = kernel;
    this.scratch = scratch;
  }

  /**
   * Leaves the gradient of the mean loss in the scratch.
   *
   * @param forward holds the probabilities of this batch by the state's parameters
   */
  void run(ModelState state, MiniBatch batch, ForwardPass forward) {
    Parameters parameters = state.parameters();
    Parameters gradient = scratch.gradient();
    int images = batch.images();
    int depth = parameters.depth();
    outputDelta(batch, scratch.activation(depth), scratch.delta(depth));
    for (int layer = depth - 1; layer >= 0; layer--) {
      FMatrixRMaj w = parameters.weights(layer);
      float[] dz = scratch.delta(layer + 1);
      float[] a = scratch.activation(layer);
      float[] dw = gradient.weights(layer).data;
      NonZeroBlocks live = scratch.live(layer);
      if (layer == 0 && forward.takesPixels(state)) {
        byte[] pixels = batch.pixels();
        int offset = batch.pixelsOffset();
        kernel.pixelWeightGradient(dz, pixels, offset, live, images, w.numCols, w.numRows, dw);
      } else {
        kernel.weightGradient(dz, a, live, images, w.numCols, w.numRows, dw);
      }
      kernel.biasGradient(dz, images, w.numRows, gradient.biases(layer).data);
      if (layer > 0) {
        float[] below = scratch.delta(layer);
        kernel.inputGradient(dz, w.data, images, w.numCols, w.numRows, below);
        kernel.reluGradient(a, below, PaddedRows.size(images, w.numCols));
      }
    }
  }

  /** (softmax - one-hot label) / images. */
  private void outputDelta(MiniBatch batch, float[] probabilities, float[] dz) {
    int row = PaddedRows.length(scratch.classes());
    float mean = 1f / batch.images();
    for (int k = 0; k < batch.images() * row; k++) {
      dz[k] = probabilities[k] * mean;
    }
    for (int i = 0; i < batch.images(); i++) {
      int label = i * row + batch.label(i);
      dz[label] = (probabilities[label] - 1f) * mean;
    }
  }
}
