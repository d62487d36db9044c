package io.streamgrad.store;

import io.streamgrad.format.JournalEntry;
import io.streamgrad.format.JournaledBatch;
import io.streamgrad.format.ModelCodec;
import io.streamgrad.format.StoredSample;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.v1.ImageBatch;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Properties;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;

/**
 * The changelog of a model of several pieces, a state and three batches after it, as an earlier
 * version of the service wrote it: the model and the batches of {@link StoredSample}. {@code
 * src/test/resources/golden/stored-layout-N.properties} was printed by {@link #main} and is never
 * printed again.
 */
final class JournalSample {
  private static final int IN_THE_JOURNAL = 3;
  private static final int PIECE = 300;

  private JournalSample() {}

  /** What the records of a layout version add up to. */
  static ChangelogView read(int version) throws IOException {
    Properties properties = new Properties();
    String name = "/golden/stored-layout-" + version + ".properties";
    try (InputStream in = JournalSample.class.getResourceAsStream(name)) {
      properties.load(Objects.requireNonNull(in, name));
    }
    ChangelogView image = new ChangelogView();
    HexFormat hex = HexFormat.of();
    for (int i = 0; properties.containsKey("key." + i); i++) {
      image.put(
          hex.parseHex(properties.getProperty("key." + i)),
          hex.parseHex(properties.getProperty("value." + i)));
    }
    return image;
  }

  /** The records of this version. */
  static Changelog write() {
    Changelog changelog = new Changelog();
    WeightsStore store = new WeightsStore(changelog.store(), 1, PIECE, () -> 0);
    Learner learner = StoredSample.learner();
    ModelState state = StoredSample.newState();
    int offset = 0;
    for (ImageBatch batch : StoredSample.storedBatches()) {
      MiniBatch mini =
          MiniBatch.of(4, batch.getPixels().toByteArray(), batch.getLabels().toByteArray());
      Prediction prediction = learner.predict(state, mini);
      UpdateOutcome outcome = Steps.learn(learner, state, mini, prediction);
      JournaledBatch.Result result =
          JournaledBatch.Result.of(outcome, Evaluation.of(prediction, mini), state);
      boolean newWindow = offset % 9 == 0;
      if (newWindow) {
        state.startWindow();
      }
      Lineage lineage = new Lineage(0, offset, 1234);
      store.put(
          "a",
          new ModelEntry(state, lineage),
          new JournaledBatch(mini, lineage, newWindow, result));
      offset++;
      if (offset == StoredSample.storedBatches().size() - IN_THE_JOURNAL) {
        store.write(false);
      }
    }
    store.write(false);
    return changelog;
  }

  /** Prints the sample of this version's layout. */
  public static void main(String[] arguments) {
    System.out.println(
        "# Layout version %d, journal layout version %d, by JournalSample"
            .formatted(ModelCodec.LAYOUT_VERSION, JournalEntry.LAYOUT_VERSION));
    HexFormat hex = HexFormat.of();
    int i = 0;
    for (KeyValue<Bytes, byte[]> record : write().from(0)) {
      System.out.println("key." + i + "=" + hex.formatHex(record.key.get()));
      System.out.println("value." + i + "=" + hex.formatHex(record.value));
      i++;
    }
  }
}
