package io.streamgrad.learner;

import io.streamgrad.kernel.Kernel;
import io.streamgrad.kernel.NonZeroBlocks;
import io.streamgrad.kernel.PaddedRows;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import org.ejml.data.FMatrixRMaj;

/**
 * The backward pass: from the activations that the {@link ForwardPass} has left to the gradient, by
 * way of the deltas, which are the loss's gradient by each layer's Z.
 */
final class BackwardPass {
  private final Kernel kernel;
  private final Scratch scratch;
  private final ForwardPass forward;

  BackwardPass(Kernel kernel, Scratch scratch, ForwardPass forward) {
    this.kernel = kernel;
    this.scratch = scratch;
    this.forward = forward;
  }

  /**
   * Leaves every layer's deltas, of the mean loss, in the scratch, where the probabilities of this
   * batch by these parameters are.
   */
  void deltas(Parameters parameters, MiniBatch batch) {
    int images = batch.images();
    int depth = parameters.depth();
    outputDelta(batch, scratch.activation(depth), scratch.delta(depth));
    for (int layer = depth - 1; layer > 0; layer--) {
      FMatrixRMaj w = parameters.weights(layer);
      float[] dz = scratch.delta(layer + 1);
      float[] below = scratch.delta(layer);
      kernel.inputGradient(dz, w.data, images, w.numCols, w.numRows, below);
      kernel.reluGradient(scratch.activation(layer), below, PaddedRows.size(images, w.numCols));
    }
  }

  /** Leaves the gradient of all parameters in the scratch, where the deltas are. */
  void gradient(ModelState state, MiniBatch batch) {
    for (int layer = 0; layer < state.parameters().depth(); layer++) {
      weightGradient(state, layer, batch);
      biasGradient(layer, batch);
    }
    float[] means = ForwardPass.means(state);
    if (means != null) {
      FMatrixRMaj dw = scratch.gradient().weights(0);
      float[] db = scratch.gradient().biases(0).data;
      kernel.centerGradient(db, means, dw.numCols, dw.numRows, dw.data);
    }
  }

  /** A layer's part of {@link #gradient}: that of its weights, by inputs that are not centred. */
  void weightGradient(ModelState state, int layer, MiniBatch batch) {
    FMatrixRMaj dw = scratch.gradient().weights(layer);
    float[] dz = scratch.delta(layer + 1);
    NonZeroBlocks live = scratch.live(layer);
    int images = batch.images();
    if (layer == 0 && forward.takesPixels(state)) {
      byte[] pixels = batch.pixels();
      int offset = batch.pixelsOffset();
      int[] sums = scratch.pixelSums();
      kernel.pixelWeightGradient(
          dz, pixels, offset, live, images, dw.numCols, dw.numRows, dw.data, sums);
      scratch.setPixelsSummed();
    } else {
      float[] a = scratch.activation(layer);
      kernel.weightGradient(dz, a, live, images, dw.numCols, dw.numRows, dw.data);
    }
  }

  /** A layer's part of {@link #gradient}: that of its biases. */
  void biasGradient(int layer, MiniBatch batch) {
    FMatrixRMaj db = scratch.gradient().biases(layer);
    kernel.biasGradient(scratch.delta(layer + 1), batch.images(), db.numRows, db.data);
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
