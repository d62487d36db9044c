package io.streamgrad.learner;

import io.streamgrad.kernel.Kernel;
import io.streamgrad.kernel.NonZeroBlocks;
import io.streamgrad.kernel.PaddedRows;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.PixelStatistics;
import java.util.Objects;
import org.ejml.data.FMatrixRMaj;
import org.jspecify.annotations.Nullable;

/**
 * The forward pass: from a batch's pixels to probabilities. Leaves every layer's output in the
 * scratch, for the backward pass, and remembers whose they are: what a prediction has computed is
 * not computed again to learn from it.
 */
@SuppressWarnings("ReferenceEquality") // what is remembered are these very objects, not equal ones
final class ForwardPass {
  private final Kernel kernel;
  private final Scratch scratch;
  private @Nullable MiniBatch loaded; // whose pixels the scratch holds,
  private @Nullable ModelState scaledFor; // scaled as this state says,
  private @Nullable Parameters weights; // and whose probabilities, by these

  ForwardPass(Kernel kernel, Scratch scratch) {
    this.kernel = kernel;
    this.scratch = scratch;
  }

  /**
   * The logits of a batch.
   *
   * @return (images, classes) padded rows, until {@link #softmax} takes them
   */
  float[] logits(ModelState state, Parameters parameters, MiniBatch batch) {
    load(state, batch);
    weights = null;
    for (int layer = 0; layer < parameters.depth(); layer++) {
      affine(state, parameters, layer, batch);
      if (layer < parameters.depth() - 1) {
        int width = parameters.weights(layer).numRows;
        relu(scratch.activation(layer + 1), PaddedRows.size(batch.images(), width));
      }
    }
    return scratch.activation(parameters.depth());
  }

  /**
   * Turns the logits that these parameters have just given into probabilities, in place.
   *
   * @return (images) the sums of their exponentials, valid until the next batch
   */
  float[] softmax(Parameters parameters, int images) {
    int depth = parameters.depth();
    kernel.softmax(
        scratch.activation(depth), images, parameters.layers().get(depth), scratch.sums());
    weights = parameters;
    return scratch.sums();
  }

  /**
   * Has the scratch hold this batch's probabilities by these parameters; does nothing if it does.
   */
  void require(ModelState state, Parameters parameters, MiniBatch batch) {
    if (loaded != batch || scaledFor != state || weights != parameters) {
      logits(state, parameters, batch);
      softmax(parameters, batch.images());
    }
  }

  /** Weights or scaling have changed: nothing in the scratch is theirs any more. */
  void forget() {
    loaded = null;
    scaledFor = null;
    weights = null;
  }

  /** Whether the first layer's products read the batch's bytes and not the scratch. */
  boolean takesPixels(ModelState state) {
    FMatrixRMaj w = state.parameters().weights(0);
    return !isStandardized(state) && kernel.takesPixels(w.numCols, w.numRows);
  }

  private static boolean isStandardized(ModelState state) {
    return state.statistics() != null && !state.statistics().centerOnly();
  }

  /**
   * What the first layer's inputs are to be less than they are in the scratch and in the batch, and
   * are not there so that zeros stay zeros: (inputs), or null if nothing.
   */
  static float @Nullable [] means(ModelState state) {
    PixelStatistics statistics = state.statistics();
    return statistics != null && statistics.centerOnly() ? statistics.means() : null;
  }

  /** Takes the pixels of the batch that is loaded into the means that inputs are less by. */
  void addToMeans(ModelState state, MiniBatch batch) {
    int[] sums = scratch.pixelSums();
    if (!scratch.pixelsSummed()) {
      int inputs = batch.pixelsPerImage();
      NonZeroBlocks live = scratch.live(0);
      kernel.sumPixels(batch.pixels(), batch.pixelsOffset(), live, batch.images(), inputs, sums);
    }
    Objects.requireNonNull(state.statistics()).add(batch.images(), sums);
  }

  /** A(layer) of the batch that is loaded, as floats also where the products read its bytes. */
  float[] activation(ModelState state, int layer, MiniBatch batch) {
    if (layer == 0 && takesPixels(state)) {
      scale(batch);
    }
    return scratch.activation(layer);
  }

  private void scale(MiniBatch batch) {
    int inputs = batch.pixelsPerImage();
    float[] x = scratch.activation(0);
    kernel.scale(batch.pixels(), batch.pixelsOffset(), batch.images(), inputs, x);
  }

  /** Brings the batch's pixels into the scratch, scaled as the state says, if not there already. */
  private void load(ModelState state, MiniBatch batch) {
    if (loaded == batch && scaledFor == state) {
      return;
    }
    scratch.reserve(batch.images());
    int inputs = batch.pixelsPerImage();
    if (!takesPixels(state)) {
      scale(batch);
    }
    if (state.statistics() != null && isStandardized(state)) {
      Standardization.apply(state.statistics(), scratch.activation(0), batch.images());
      scratch.live(0).all(batch.images(), inputs);
    } else {
      scratch.live(0).find(batch.pixels(), batch.pixelsOffset(), batch.images(), inputs);
    }
    loaded = batch;
    scaledFor = state;
  }

  private void affine(ModelState state, Parameters parameters, int layer, MiniBatch batch) {
    FMatrixRMaj w = parameters.weights(layer);
    float[] b = parameters.biases(layer).data;
    float[] means = layer == 0 ? means(state) : null;
    float[] z = scratch.activation(layer + 1);
    NonZeroBlocks live = scratch.live(layer);
    int images = batch.images();
    if (layer == 0 && takesPixels(state)) {
      byte[] pixels = batch.pixels();
      int offset = batch.pixelsOffset();
      kernel.pixelAffine(pixels, offset, live, w.data, b, means, images, w.numCols, w.numRows, z);
    } else {
      float[] x = scratch.activation(layer);
      if (means != null) {
        float[] centered = scratch.centeredBiases();
        kernel.centeredBiases(w.data, b, means, w.numCols, w.numRows, centered);
        b = centered;
      }
      kernel.affine(x, live, w.data, b, images, w.numCols, w.numRows, z);
    }
  }

  private static void relu(float[] z, int n) {
    for (int i = 0; i < n; i++) {
      z[i] = Math.max(z[i], 0f);
    }
  }
}
