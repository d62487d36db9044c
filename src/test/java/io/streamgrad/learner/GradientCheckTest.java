package io.streamgrad.learner;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.model.LearningRateSpec;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.OptimizerSpec;
import io.streamgrad.model.Parameters;
import java.util.List;
import java.util.Random;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every parameter's update against central differences of a loss computed in double precision. */
class GradientCheckTest {
  private static final double RATE = 1.0;
  private static final double STEP = 1e-6;

  @ParameterizedTest
  @CsvSource({"1, 7", "5, 7", "5, 20", "33, 20"})
  void anUpdateIsTheNegativeGradientOfTheLoss(int images, int inputs) {
    ModelSpec config = config(List.of(inputs, 9, 6, 4));
    MiniBatch batch = batch(images, inputs, 4);
    ModelState state = ModelState.initial(config);
    Parameters before = state.parameters().copy();
    Learner learner = new Learner(config);

    Steps.take(learner, state, batch);

    for (int t = 0; t < before.tensors().size(); t++) {
      float[] old = before.tensors().get(t).data;
      float[] updated = state.parameters().tensors().get(t).data;
      for (int i = 0; i < old.length; i++) {
        double expected =
            (loss(before, t, i, STEP, batch) - loss(before, t, i, -STEP, batch)) / (2 * STEP);
        assertThat((old[i] - updated[i]) / RATE)
            .as("tensor %d element %d", t, i)
            .isCloseTo(expected, org.assertj.core.data.Offset.offset(2e-6));
      }
    }
  }

  /** By the means of what was learned from before, not of the batch itself. */
  @ParameterizedTest
  @CsvSource({"1, 7", "5, 20", "33, 48"})
  void anUpdateByCentredInputsIsTheNegativeGradientOfTheLoss(int images, int inputs) {
    ModelSpec config = config(List.of(inputs, 9, 6, 4), ModelSpec.InputScaling.CENTER);
    MiniBatch first = batch(3, inputs, 4);
    MiniBatch batch = batch(images, inputs, 4);
    ModelState state = ModelState.initial(config);
    Learner learner = new Learner(config);
    Steps.take(learner, state, first);
    double[] means = new double[inputs];
    for (int p = 0; p < 3 * inputs; p++) {
      means[p % inputs] += (first.pixels()[p] & 0xff) / (3 * 255.0);
    }
    Parameters before = state.parameters().copy();

    Steps.take(learner, state, batch);

    for (int t = 0; t < before.tensors().size(); t++) {
      float[] old = before.tensors().get(t).data;
      float[] updated = state.parameters().tensors().get(t).data;
      for (int i = 0; i < old.length; i++) {
        double expected =
            (loss(before, means, t, i, STEP, batch) - loss(before, means, t, i, -STEP, batch))
                / (2 * STEP);
        assertThat((old[i] - updated[i]) / RATE)
            .as("tensor %d element %d", t, i)
            .isCloseTo(expected, org.assertj.core.data.Offset.offset(2e-6));
      }
    }
  }

  private static double loss(
      Parameters parameters, int tensor, int index, double change, MiniBatch batch) {
    return loss(parameters, new double[batch.pixelsPerImage()], tensor, index, change, batch);
  }

  /** The mean cross-entropy, with one parameter moved, of pixels less these means. */
  private static double loss(
      Parameters parameters,
      double[] means,
      int tensor,
      int index,
      double change,
      MiniBatch batch) {
    double sum = 0;
    for (int image = 0; image < batch.images(); image++) {
      DMatrixRMaj a = new DMatrixRMaj(batch.pixelsPerImage(), 1);
      for (int p = 0; p < batch.pixelsPerImage(); p++) {
        a.data[p] = (batch.pixels()[image * batch.pixelsPerImage() + p] & 0xff) / 255.0 - means[p];
      }
      for (int layer = 0; layer < parameters.depth(); layer++) {
        DMatrixRMaj w = moved(parameters, 2 * layer, tensor, index, change);
        DMatrixRMaj z = moved(parameters, 2 * layer + 1, tensor, index, change);
        CommonOps_DDRM.multAdd(w, a, z);
        for (int i = 0; i < z.numRows && layer < parameters.depth() - 1; i++) {
          z.data[i] = Math.max(0, z.data[i]);
        }
        a = z;
      }
      double exponentials = 0;
      for (double z : a.data) {
        exponentials += Math.exp(z);
      }
      sum += Math.log(exponentials) - a.data[batch.label(image)];
    }
    return sum / batch.images();
  }

  private static DMatrixRMaj moved(
      Parameters parameters, int t, int tensor, int index, double change) {
    var from = parameters.tensors().get(t);
    DMatrixRMaj to = new DMatrixRMaj(from.numRows, from.numCols);
    for (int i = 0; i < to.data.length; i++) {
      to.data[i] = from.data[i] + (t == tensor && i == index ? change : 0);
    }
    return to;
  }

  static MiniBatch batch(int images, int inputs, int classes) {
    Random random = new Random(images * 31L + inputs);
    byte[] pixels = new byte[images * inputs];
    random.nextBytes(pixels);
    byte[] labels = new byte[images];
    for (int i = 0; i < images; i++) {
      labels[i] = (byte) random.nextInt(classes);
    }
    return MiniBatch.of(inputs, pixels, labels);
  }

  static ModelSpec config(List<Integer> layers) {
    return config(layers, ModelSpec.InputScaling.UNIT);
  }

  static ModelSpec config(List<Integer> layers, ModelSpec.InputScaling scaling) {
    return new ModelSpec(
        layers,
        3,
        1024,
        scaling,
        0.99,
        3,
        new LearningRateSpec(LearningRateSpec.Schedule.CONSTANT, RATE, 0, 1000, 0.5),
        new OptimizerSpec(OptimizerSpec.Type.SGD, 0.9, 0.9, 0.999, 1e-8, 0, 0));
  }
}
