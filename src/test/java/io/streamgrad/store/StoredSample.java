package io.streamgrad.store;

import io.streamgrad.config.ConfigLoader;
import io.streamgrad.config.ModelConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.MiniBatch;
import io.streamgrad.learner.ModelState;
import io.streamgrad.topology.TestBatches;
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
  static void learn(ModelState state, List<ImageBatch> batches) {
    Learner learner = learner();
    for (ImageBatch batch : batches) {
      MiniBatch mini =
          MiniBatch.of(4, batch.getPixels().toByteArray(), batch.getLabels().toByteArray());
      learner.learn(state, mini, learner.predict(state, mini));
    }
  }

  /** The learner of the model in the sample. */
  public static Learner learner() {
    return new Learner(config());
  }

  /** The model before its first batch. */
  static ModelState newState() {
    return ModelState.initial(config());
  }

  private static ModelConfig config() {
    return ConfigLoader.load(null, Map.of(), SETTINGS).model();
  }

  /** Prints the sample of this version's layout. */
  public static void main(String[] arguments) {
    StoredModel model = new StoredModel(newState(), new Lineage(0, 19, 1234));
    learn(model.state(), storedBatches());
    var record =
        Chunks.piece(
            Chunks.key("a", (byte) 0, 0),
            7,
            ModelCodec.encode(model),
            0,
            Chunks.MAX_BYTES,
            key -> null);
    HexFormat hex = HexFormat.of();
    System.out.println("# Layout version " + ModelCodec.LAYOUT_VERSION + ", by StoredSample");
    System.out.println("key=" + hex.formatHex(record.key.get()));
    System.out.println("value=" + hex.formatHex(record.value));
    System.out.println("weightsSha256=" + ModelCodec.weightsSha256(model));
    learn(model.state(), nextBatches());
    System.out.println("nextWeightsSha256=" + ModelCodec.weightsSha256(model));
  }
}
