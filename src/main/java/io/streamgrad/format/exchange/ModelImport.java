package io.streamgrad.format.exchange;

import io.streamgrad.model.LastGood;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.PixelStatistics;
import io.streamgrad.model.PrequentialScore;
import io.streamgrad.model.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ejml.data.FMatrixRMaj;
import org.jspecify.annotations.Nullable;

/**
 * The state that a file has for a model to begin with: one that {@link ModelExport} wrote, or that
 * another program did, with the same names and shapes. What of the state a file does not have
 * begins as in a new model: an average with the weights, moments and the number of updates with 0.
 * Numbers of 64 bits are rounded to the nearest of 32.
 *
 * <p>A file is not trusted: its arrays must be the model's, and no more memory is taken than these
 * and 1 MiB need.
 */
public final class ModelImport {
  private static final byte[] ZIP = {'P', 'K', 3, 4};
  private static final long MOST_UPDATES = 1L << 53;

  private final ModelSpec spec;
  private final ArrayFile file;
  private final Map<String, StoredArray> arrays = new LinkedHashMap<>(); // by name

  private ModelImport(ModelSpec spec, ArrayFile file) {
    this.file = file;
    file.arrays().forEach(array -> arrays.put(array.name(), array));
    this.spec =
        spec.inputScaling() == ModelSpec.InputScaling.AUTO ? spec.with(inputScaling()) : spec;
  }

  /** That of the model which a file is of, by what it has of pixels. */
  private ModelSpec.InputScaling inputScaling() {
    if (arrays.containsKey("pixels.squares")) {
      return ModelSpec.InputScaling.STANDARDIZE;
    }
    return hasAny("pixels.") ? ModelSpec.InputScaling.CENTER : ModelSpec.InputScaling.UNIT;
  }

  /**
   * Reads a file of safetensors or npz, whichever it is.
   *
   * @param spec of the model
   * @return a state without a score
   * @throws UnfitFileException if the file is neither, or its arrays are not those of the model: it
   *     names the first that is not
   */
  public static ModelState read(Path path, ModelSpec spec) throws IOException, UnfitFileException {
    try (ArrayFile file = isZip(path) ? new NpzFile(path) : new SafetensorsFile(path)) {
      return new ModelImport(spec, file).state();
    }
  }

  private static boolean isZip(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return Arrays.equals(in.readNBytes(ZIP.length), ZIP);
    }
  }

  private ModelState state() throws IOException, UnfitFileException {
    requireKnown();
    Parameters parameters = parameters("");
    Parameters average = null;
    if (hasAny("averaged.")) {
      average = parameters("averaged.");
    } else if (spec.averaging() > 0) {
      average = parameters.copy();
    }
    List<Parameters> moments = new ArrayList<>();
    int count = spec.optimizer().type().moments();
    boolean hasMoments = hasAny("moment1.") || hasAny("moment2.");
    for (int moment = 1; moment <= count; moment++) {
      moments.add(
          hasMoments ? parameters("moment%d.".formatted(moment)) : Parameters.zeros(spec.layers()));
    }
    PixelStatistics statistics = statistics();
    Progress progress = new Progress();
    progress.version = hasMoments || count == 0 ? version() : 0;
    Parameters predicting = average == null ? parameters : average;
    ModelState state =
        new ModelState(
            parameters,
            average,
            moments,
            statistics,
            LastGood.imported(predicting, progress.version),
            new PrequentialScore(spec.classes()),
            new PrequentialScore(spec.classes()),
            progress);
    String unsound = state.unsound();
    if (unsound != null) { // what is not finite was found before
      throw new UnfitFileException("it has " + unsound);
    }
    return state;
  }

  /** Updates that the weights have had, where the file has all that goes with these. */
  private long version() throws UnfitFileException {
    String version = file.metadata().get("version");
    if (version == null || !"plain".equals(file.metadata().get("weights"))) {
      return 0;
    }
    if (!version.matches("[0-9]{1,16}") || Long.parseLong(version) >= MOST_UPDATES) {
      throw new UnfitFileException(
          "the version in __metadata__ is no number of updates: it has %d characters"
              .formatted(version.length()));
    }
    return Long.parseLong(version);
  }

  private boolean hasAny(String prefix) {
    return arrays.keySet().stream().anyMatch(name -> name.startsWith(prefix));
  }

  /** All that the model may have, by name, with their shapes. */
  private Map<String, List<Long>> known() {
    Map<String, List<Long>> known = new LinkedHashMap<>();
    List<String> prefixes = new ArrayList<>(List.of(""));
    if (spec.averaging() > 0) {
      prefixes.add("averaged.");
    }
    for (int moment = 1; moment <= spec.optimizer().type().moments(); moment++) {
      prefixes.add("moment%d.".formatted(moment));
    }
    for (String prefix : prefixes) {
      for (int layer = 0; layer < spec.layers().size() - 1; layer++) {
        long outputs = spec.layers().get(layer + 1);
        known.put(
            prefix + ModelExport.weight(layer), List.of(outputs, (long) spec.layers().get(layer)));
        known.put(prefix + ModelExport.bias(layer), List.of(outputs));
      }
    }
    if (spec.inputScaling() != ModelSpec.InputScaling.UNIT) {
      known.put("pixels.images", List.of());
      known.put("pixels.sums", List.of((long) spec.inputs()));
    }
    if (spec.inputScaling() == ModelSpec.InputScaling.STANDARDIZE) {
      known.put("pixels.squares", List.of((long) spec.inputs()));
    }
    return known;
  }

  /** Before anything is read: an array that is none of the model's, or is not as it must be. */
  private void requireKnown() throws UnfitFileException {
    Map<String, List<Long>> known = known();
    for (StoredArray array : arrays.values()) {
      List<Long> shape = known.get(array.name());
      if (shape == null) {
        throw new UnfitFileException(
            "tensor \"%s\" is none of the model's, which are those of torch.nn.Sequential(Linear, ReLU, Linear ...): %s%s"
                .formatted(array.name(), summary(known), hint(array.name())));
      }
      if (!shape.equals(array.shape())) {
        throw new UnfitFileException(
            "tensor \"%s\" has the shape %s, and the model's layers %s need %s"
                .formatted(
                    array.name(),
                    StoredArray.tuple(array.shape()),
                    spec.layers(),
                    StoredArray.tuple(shape)));
      }
    }
  }

  private String hint(String name) {
    if (name.startsWith("averaged.")) {
      return "; its averaging is 0: export with --weights averaged or plain";
    }
    if (name.startsWith("moment")) {
      return "; its optimizer %s has %d moments"
          .formatted(spec.optimizer().type(), spec.optimizer().type().moments());
    }
    return name.startsWith("pixels.") ? "; its input-scaling is " + spec.inputScaling() : "";
  }

  private static String summary(Map<String, List<Long>> known) {
    List<String> names = new ArrayList<>();
    known.forEach((name, shape) -> names.add(name + " " + StoredArray.tuple(shape)));
    int most = 8;
    return String.join(", ", names.subList(0, Math.min(most, names.size())))
        + (names.size() > most ? " and %d more".formatted(names.size() - most) : "");
  }

  private StoredArray required(String name) throws UnfitFileException {
    StoredArray array = arrays.get(name);
    if (array == null) {
      throw new UnfitFileException("tensor \"%s\" is missing".formatted(name));
    }
    return array;
  }

  private Parameters parameters(String prefix) throws IOException, UnfitFileException {
    for (int layer = 0; layer < spec.layers().size() - 1; layer++) { // before memory is taken
      required(prefix + ModelExport.weight(layer));
      required(prefix + ModelExport.bias(layer));
    }
    Parameters parameters = Parameters.zeros(spec.layers());
    for (int layer = 0; layer < parameters.depth(); layer++) {
      floats(required(prefix + ModelExport.weight(layer)), parameters.weights(layer));
      floats(required(prefix + ModelExport.bias(layer)), parameters.biases(layer));
    }
    return parameters;
  }

  private void floats(StoredArray array, FMatrixRMaj to) throws IOException, UnfitFileException {
    boolean wide = ElementType.FLOAT64.isCalled(array.type());
    if (!wide && !ElementType.FLOAT32.isCalled(array.type())) {
      throw new UnfitFileException(
          "tensor \"%s\" has the dtype %s; must be F32 or F64 (<f4 or <f8)"
              .formatted(array.name(), array.type()));
    }
    ByteBuffer numbers = file.read(array, wide ? ElementType.FLOAT64 : ElementType.FLOAT32);
    for (int i = 0; i < to.data.length; i++) {
      float value = wide ? (float) numbers.getDouble() : numbers.getFloat();
      if (!Float.isFinite(value)) {
        throw new UnfitFileException(
            "tensor \"%s\" has a number that is not finite, or too large for 32 bits: the one at %s"
                .formatted(array.name(), place(i, to)));
      }
      to.data[i] = value;
    }
  }

  private static String place(int i, FMatrixRMaj of) {
    return of.numCols == 1 ? "[" + i + "]" : "[" + i / of.numCols + ", " + i % of.numCols + "]";
  }

  private @Nullable PixelStatistics statistics() throws IOException, UnfitFileException {
    if (spec.inputScaling() == ModelSpec.InputScaling.UNIT) {
      return null;
    }
    long images = longs("pixels.images", 1)[0];
    long[] sums = longs("pixels.sums", spec.inputs());
    boolean center = spec.inputScaling() == ModelSpec.InputScaling.CENTER;
    return new PixelStatistics(
        images, sums, center ? null : longs("pixels.squares", spec.inputs()));
  }

  private long[] longs(String name, int count) throws IOException, UnfitFileException {
    StoredArray array = required(name);
    if (!ElementType.INT64.isCalled(array.type())) {
      throw new UnfitFileException(
          "tensor \"%s\" has the dtype %s; must be I64 (<i8)".formatted(name, array.type()));
    }
    long[] numbers = new long[count];
    file.read(array, ElementType.INT64).asLongBuffer().get(numbers);
    return numbers;
  }
}
