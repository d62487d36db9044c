package io.streamgrad.format.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamgrad.Programs;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.config.load.LearningSettings;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.dataset.Split;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Others read the files, and predict MNIST's test images as the learner does. */
class ExportReadersTest {
  private static final int TRAINING = 12_000;
  private static final double TIE = 1e-6;
  private static final float TOLERATED = 1e-5f;

  @SuppressWarnings("NullAway.Init") // before the first test
  private static MiniBatch test;

  @TempDir private Path directory;

  /** A model that has learned MNIST. */
  private record Trained(ModelSpec spec, ModelEntry entry) {
    ModelExport export(@Nullable Weights weights) {
      return new ModelExport("mnist", entry, "images", LearningSettings.of(spec), weights);
    }
  }

  @BeforeAll
  static void readTestImages() {
    ImageDataset images = Datasets.mnist(Split.TEST);
    test = mini(Batches.of(images, images.count()).iterator().next());
  }

  @ParameterizedTest
  @CsvSource({
    "sgd, 0.1, 0.99, unit, ",
    "sgd, 0.1, 0.99, unit, PLAIN",
    "sgd, 0.1, 0, unit, ",
    "sgd, 0.1, 0.99, center, ",
    "adam, 0.001, 0.99, standardize, ",
    "momentum, 0.01, 0, standardize, PLAIN"
  })
  void onnxRuntimeGivesTheLearnersClassesAndProbabilities(
      String optimizer, String rate, String averaging, String scaling, @Nullable Weights weights)
      throws OrtException {
    Trained model = trained(optimizer, rate, averaging, scaling);
    byte[] file = ExportSample.bytes(ExchangeFormat.ONNX, model.export(weights));

    ByteBuffer pixels = ByteBuffer.allocateDirect(test.images() * test.pixelsPerImage());
    pixels.put(test.pixels(), test.pixelsOffset(), pixels.capacity()).flip();
    long[] shape = {test.images(), test.pixelsPerImage()};
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        OrtSession session = environment.createSession(file, options);
        // As bytes without a sign: those of an array would be INT8.
        OnnxTensor input = OnnxTensor.createTensor(environment, pixels, shape, OnnxJavaType.UINT8);
        OrtSession.Result result = session.run(Map.of("pixels", input))) {
      long[] classes = (long[]) result.get("classes").orElseThrow().getValue();
      float[][] probabilities = (float[][]) result.get("probabilities").orElseThrow().getValue();

      assertSame(predicted(model, weights), classes, probabilities);
    }
  }

  @ParameterizedTest
  @CsvSource({"SAFETENSORS, standardize", "NPZ, standardize", "NPZ, center"})
  void pythonGivesTheLearnersClassesAndProbabilities(ExchangeFormat format, String scaling)
      throws Exception {
    Programs programs = new Programs(directory, Map.of());
    assumeTrue(
        programs.works(Programs.PYTHON, "-c", "import numpy"), "Python's numpy is not installed");
    Trained model = trained("adam", "0.001", "0.99", scaling);
    Path file = directory.resolve("model." + format.name().toLowerCase(Locale.ROOT));
    Files.write(file, ExportSample.bytes(format, model.export(null)));
    Path pixels = directory.resolve("pixels");
    Files.write(pixels, test.pixels());

    JsonNode printed =
        new ObjectMapper()
            .readTree(
                programs.run(
                    Programs.PYTHON,
                    Path.of("src/test/python/predict_exported.py").toAbsolutePath().toString(),
                    file.toString(),
                    pixels.toString()));

    assertThat(printed.get("shapes").get("0.weight").toString()).isEqualTo("[10,784]");
    assertThat(printed.get("shapes").get("pixels.images").toString()).isEqualTo("[]");
    assertThat(printed.get("metadata").get("model").asText()).isEqualTo("mnist");
    ObjectMapper mapper = new ObjectMapper();
    assertSame(
        predicted(model, null),
        mapper.treeToValue(printed.get("classes"), long[].class),
        mapper.treeToValue(printed.get("probabilities"), float[][].class));
  }

  private static MiniBatch mini(Batch batch) {
    return MiniBatch.of(batch.height() * batch.width(), batch.pixels(), batch.labels());
  }

  private static void assertSame(Prediction expected, long[] classes, float[][] probabilities) {
    assertThat(classes).hasSize(expected.images());
    int width = expected.probabilities().length / expected.images();
    for (int image = 0; image < expected.images(); image++) {
      int row = image * width;
      for (int c = 0; c < width; c++) {
        float probability = expected.probabilities()[row + c];
        assertThat(Math.abs(probabilities[image][c] - probability))
            .as("image %d, class %d", image, c)
            .isLessThanOrEqualTo(TOLERATED);
      }
      double ofTheirs = expected.probabilities()[row + (int) classes[image]];
      if (classes[image] != expected.classes()[image]) {
        assertThat(expected.confidence(image) - ofTheirs)
            .as("image %d is of class %d", image, expected.classes()[image])
            .isLessThanOrEqualTo(TIE);
      }
    }
  }

  /** By the weights that were exported: where the plain ones were, averaging is over. */
  private static Prediction predicted(Trained model, @Nullable Weights weights) {
    ModelSpec spec = weights == Weights.PLAIN ? withoutAverage(model.spec()) : model.spec();
    return new Learner(spec).predict(model.entry().state(), test);
  }

  private static ModelSpec withoutAverage(ModelSpec spec) {
    return new ModelSpec(
        spec.layers(),
        spec.seed(),
        spec.maxBatchSize(),
        spec.inputScaling(),
        0,
        spec.maxSkippedInARow(),
        spec.learningRate(),
        spec.optimizer());
  }

  private static Trained trained(String optimizer, String rate, String averaging, String scaling) {
    ModelSpec spec =
        ConfigLoader.load(
                null,
                Map.of(),
                Map.of(
                    "model.optimizer.type", optimizer,
                    "model.learning-rate.initial", rate,
                    "model.averaging", averaging,
                    "model.input-scaling", scaling))
            .model();
    ModelState state = ModelState.initial(spec);
    Learner learner = new Learner(spec);
    for (Batch batch : Batches.of(Datasets.mnist(Split.TRAIN), 16).limit(TRAINING)) {
      Steps.take(learner, state, mini(batch));
    }
    assertThat(new Learner(spec).predict(state, test).images()).isEqualTo(10_000);
    return new Trained(spec, new ModelEntry(state, new Lineage(0, TRAINING / 16 - 1, 0)));
  }
}
