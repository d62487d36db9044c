package io.streamgrad.format.exchange;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.config.load.LearningSettings;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.ImageBatch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Small exports that are always the same. {@code src/test/resources/golden/export.*} were written
 * by {@link #main}.
 */
final class ExportSample {
  static final Path GOLDEN = Path.of("src/test/resources/golden");

  private static final List<ImageBatch> BATCHES = TestBatches.labeled(20, 18);

  private ExportSample() {}

  /** With all that a state may have: averages, two moments, pixel statistics. */
  static ModelExport everything(@Nullable Weights weights) {
    Map<String, String> settings =
        Map.of(
            "model.optimizer.type", "adam",
            "model.averaging", "0.99",
            "model.input-scaling", "standardize");
    return export(settings, weights);
  }

  /** A model that has learned twenty batches. */
  static ModelExport export(Map<String, String> settings, @Nullable Weights weights) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("model.layers", "[4, 5, 3]");
    ModelSpec spec = ConfigLoader.load(null, Map.of(), all).model();
    ModelState state = ModelState.initial(spec);
    Learner learner = new Learner(spec);
    for (ImageBatch batch : BATCHES) {
      Steps.take(
          learner,
          state,
          MiniBatch.of(4, batch.getPixels().toByteArray(), batch.getLabels().toByteArray()));
    }
    ModelEntry entry = new ModelEntry(state, new Lineage(2, 19, 1234));
    return new ModelExport(
        "\"zw\u00f6lf\" \\ 12", entry, "digits.images", LearningSettings.of(spec), weights);
  }

  static byte[] bytes(ExchangeFormat format, ModelExport export) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      format.write(export, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static Path golden(ExchangeFormat format) {
    return GOLDEN.resolve("export." + format.name().toLowerCase(Locale.ROOT));
  }

  /** Writes the golden files. */
  public static void main(String[] arguments) throws IOException {
    for (ExchangeFormat format : ExchangeFormat.values()) {
      Files.write(golden(format), bytes(format, everything(null)));
    }
  }
}
