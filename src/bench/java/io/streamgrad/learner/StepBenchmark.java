package io.streamgrad.learner;

import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.dataset.Split;
import io.streamgrad.kernel.Kernel;
import io.streamgrad.kernel.Kernels;
import io.streamgrad.kernel.ScalarKernel;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.LearningRateSpec;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelSpec.InputScaling;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.OptimizerSpec;
import io.streamgrad.model.Prediction;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.ejml.data.FMatrixRMaj;
import org.ejml.dense.row.CommonOps_FDRM;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One update, from bytes to new weights; MNIST's batches follow one another. */
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class StepBenchmark {
  /** Layers, and the optimizer. */
  @Param({"784-10-10-sgd"})
  public String model = "";

  /** Images a batch. */
  @Param({"16", "64", "256"})
  public int images;

  private MiniBatch[] batches = {};
  private int next;

  /** The learner with one kernel, and its model. */
  private record Trained(Learner learner, ModelState state) {
    Trained(ModelSpec config, Kernel kernel) {
      this(new Learner(config, kernel), ModelState.initial(config));
    }

    double step(MiniBatch batch) {
      Prediction prediction = learner.predict(state, batch);
      Evaluation evaluation = Evaluation.of(prediction, batch);
      state.count(batch, prediction, evaluation);
      learner.learn(state, batch, prediction, evaluation);
      return evaluation.lossSum();
    }
  }

  private Trained scalar;
  private Trained vector;
  private Trained averaging;
  private Trained centering;
  private FMatrixRMaj x;
  private FMatrixRMaj w;
  private FMatrixRMaj z;
  private FMatrixRMaj dw;

  /** Reads the data, and makes models with the seed of the service. */
  @Setup
  public void open() {
    ImageDataset data = Datasets.mnist(Split.TRAIN);
    int size = data.height() * data.width();
    byte[] pixels = data.pixels();
    byte[] labels = data.labels();
    batches = new MiniBatch[data.count() / images];
    for (int b = 0; b < batches.length; b++) {
      int from = b * images;
      batches[b] = new MiniBatch(images, size, pixels, from * size, labels, from);
    }
    scalar = new Trained(config(0, InputScaling.UNIT), new ScalarKernel());
    vector = new Trained(config(0, InputScaling.UNIT), Kernels.create());
    averaging = new Trained(config(0.999, InputScaling.UNIT), Kernels.create());
    centering = new Trained(config(0.999, InputScaling.CENTER), Kernels.create());
    FMatrixRMaj w1 = vector.state().parameters().weights(0);
    w = w1.copy();
    x = new FMatrixRMaj(images, w1.numCols);
    z = new FMatrixRMaj(images, w1.numRows);
    dw = new FMatrixRMaj(w1.numRows, w1.numCols);
  }

  private ModelSpec config(double average, InputScaling scaling) {
    String[] parts = model.split("-", -1);
    String optimizer = parts[parts.length - 1].toUpperCase(Locale.ROOT);
    List<Integer> layers = Arrays.stream(parts, 0, parts.length - 1).map(Integer::valueOf).toList();
    double rate = optimizer.equals("SGD") ? 0.1 : 0.001;
    return new ModelSpec(
        layers,
        18,
        1024,
        scaling,
        average,
        3,
        new LearningRateSpec(LearningRateSpec.Schedule.CONSTANT, rate, 0, 1000, 0.5),
        new OptimizerSpec(OptimizerSpec.Type.valueOf(optimizer), 0.9, 0.9, 0.999, 1e-8, 0, 0));
  }

  private MiniBatch batch() {
    next = (next + 1) % batches.length;
    return batches[next];
  }

  /** The baseline: the first layer's two products alone, by EJML's general multiply. */
  @Benchmark
  public FMatrixRMaj ejmlMultiply() {
    CommonOps_FDRM.multTransB(x, w, z);
    CommonOps_FDRM.multTransA(z, x, dw);
    return dw;
  }

  /** Predict, score and update with the scalar kernel. */
  @Benchmark
  public double scalarStep() {
    return scalar.step(batch());
  }

  /** Predict, score and update with the kernel of this JVM. */
  @Benchmark
  public double vectorStep() {
    return vector.step(batch());
  }

  /** The same, predicting by averaged weights: two forward passes, as the service does it. */
  @Benchmark
  public double vectorStepWithAveraging() {
    return averaging.step(batch());
  }

  /** The same, of centred inputs. */
  @Benchmark
  public double centeredStepWithAveraging() {
    return centering.step(batch());
  }
}
