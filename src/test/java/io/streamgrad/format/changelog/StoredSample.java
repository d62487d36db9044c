package io.streamgrad.format.changelog;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.ImageBatch;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;

/**
 * A changelog record as an earlier version of the service wrote it, and what comes of it. {@code
 * src/test/resources/golden/stored-layout-1.properties} was printed by {@link #main} and is never
 * printed again: whoever changes the layout gives it the next number and a sample of its own.
 *
 * @param key of the record
 * @param value of the record
 * @param weightsSha256 of the model that it holds
 * @param nextWeightsSha256 of that model after {@link #nextBatches}
 */
public record StoredSample(
    String key, String value, String weightsSha256, String nextWeightsSha256) {
  /** What the model in the sample was trained with. */
  public static final Map<String, String> SETTINGS =
      Map.of(
          "model.layers", "[4, 5, 3]",
          "model.optimizer.type", "adam",
          "model.learning-rate.initial", "0.01",
          "model.learning-rate.schedule", "inverse-sqrt",
          "model.averaging", "0.99",
          "model.input-scaling", "standardize");

  private static final List<ImageBatch> BATCHES = TestBatches.labeled(30, 18);
  private static final int STORED = 20;

  /** The sample of a layout version. */
  public static StoredSample read(int version) throws IOException {
    Properties properties = new Properties();
    String name = "/golden/stored-layout-" + version + ".properties";
    try (InputStream in = StoredSample.class.getResourceAsStream(name)) {
      properties.load(Objects.requireNonNull(in, name));
    }
    return new StoredSample(
        properties.getProperty("key"),
        properties.getProperty("value"),
        properties.getProperty("weightsSha256"),
        properties.getProperty("nextWeightsSha256"));
  }

  /** The key's bytes. */
  public byte[] keyBytes() {
    return HexFormat.of().parseHex(key);
  }

  /** The value's bytes. */
  public byte[] valueBytes() {
    return HexFormat.of().parseHex(value);
  }

  /** The batches in the sample. */
  public static List<ImageBatch> storedBatches() {
    return BATCHES.subList(0, STORED);
  }

  /** The batches that come after those in the sample. */
  public static List<ImageBatch> nextBatches() {
    return BATCHES.subList(STORED, BATCHES.size());
  }

  /** Learns batches, each predicted before. */
  public static void learn(ModelState state, List<ImageBatch> batches) {
    Learner learner = learner();
    for (ImageBatch batch : batches) {
      MiniBatch mini =
          MiniBatch.of(4, batch.getPixels().toByteArray(), batch.getLabels().toByteArray());
      Steps.take(learner, state, mini);
    }
  }

  /** The learner of the model in the sample. */
  public static Learner learner() {
    return new Learner(config());
  }

  /** The model before its first batch. */
  public static ModelState newState() {
    return ModelState.initial(config());
  }

  private static ModelSpec config() {
    return ConfigLoader.load(null, Map.of(), SETTINGS).model();
  }

  /** The model of the sample. */
  public static ModelEntry write() {
    ModelEntry model = new ModelEntry(newState(), new Lineage(0, 19, 1234));
    learn(model.state(), storedBatches());
    return model;
  }

  /** The value of a model's record. */
  public static byte[] stored(ModelEntry model) {
    byte[] state = ModelCodec.encode(model);
    return ChangelogLayout.value(7, state, 0, ChangelogLayout.MAX_BYTES);
  }

  /** Prints the sample of this version's layout. */
  public static void main(String[] arguments) {
    ModelEntry model = write();
    HexFormat hex = HexFormat.of();
    System.out.println("# Layout version " + ModelCodec.LAYOUT_VERSION + ", by StoredSample");
    System.out.println("key=" + hex.formatHex(ChangelogLayout.key("a", (byte) 0, 0).bytes()));
    System.out.println("value=" + hex.formatHex(stored(model)));
    System.out.println("weightsSha256=" + ModelCodec.weightsSha256(model));
    learn(model.state(), nextBatches());
    System.out.println("nextWeightsSha256=" + ModelCodec.weightsSha256(model));
  }
}
