package io.streamgrad.store;

import io.streamgrad.format.changelog.Position;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/**
 * A partition of the input with batches of several models, and what learns them into a store, as
 * the service does it. The whole log is made before, from a seed.
 */
final class TestPartition {
  private record Entry(String model, MiniBatch batch) {}

  private final Map<String, ModelSpec> specs;
  private final List<Entry> log = new ArrayList<>();

  /** A log of so many batches of these models. */
  TestPartition(Map<String, ModelSpec> specs, int batches, long seed) {
    this.specs = new TreeMap<>(specs);
    Random random = new Random(seed);
    List<String> names = new ArrayList<>(this.specs.keySet());
    for (int i = 0; i < batches; i++) {
      String name = names.get(random.nextInt(names.size()));
      log.add(new Entry(name, batch(spec(name), random)));
    }
  }

  /** At an offset in larger arrays, as batches lie in their records. */
  private static MiniBatch batch(ModelSpec spec, Random random) {
    int images = 1 + random.nextInt(9);
    byte[] pixels = new byte[5 + images * spec.inputs()];
    random.nextBytes(pixels);
    byte[] labels = new byte[2 + images];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) random.nextInt(spec.classes());
    }
    return new MiniBatch(images, spec.inputs(), pixels, 5, labels, 2);
  }

  private ModelSpec spec(String name) {
    return Objects.requireNonNull(specs.get(name));
  }

  int length() {
    return log.size();
  }

  /** A place to begin to write positions at. */
  static Position position(long offset) {
    return new Position(
        "images", new Uuid(1, 2).toString(), 3, 4, offset, offset, 0, 0, Learner.MATHEMATICS);
  }

  /** Learns the record of an offset; not again where the model has. */
  void learn(WeightsStore store, long offset) {
    Entry entry = log.get((int) offset);
    ModelSpec spec = spec(entry.model());
    ModelEntry stored = store.get(entry.model());
    ModelEntry model =
        stored != null ? stored : new ModelEntry(ModelState.initial(spec), Lineage.NONE);
    if (model.lineage().offset() >= offset) {
      return;
    }
    Learner learner = new Learner(spec);
    ModelState state = model.state();
    Prediction prediction = learner.predict(state, entry.batch());
    Evaluation evaluation = Evaluation.of(prediction, entry.batch());
    state.count(entry.batch(), prediction, evaluation);
    UpdateOutcome outcome = learner.learn(state, entry.batch(), prediction, evaluation);
    learner.detect(state, entry.batch(), prediction, evaluation, outcome);
    state.remember(offset, outcome, evaluation);
    if (entry.batch().label(0) == 1) {
      state.startWindow();
    }
    store.put(entry.model(), new ModelEntry(state, new Lineage(3, offset, offset / 7)));
  }

  /** The bytes of all models that have learned the records before an offset. */
  Map<String, String> models(long end) {
    Changelog changelog = new Changelog();
    WeightsStore store =
        new WeightsStore(
            changelog.store(), HeapShare.unlimited(), 1 << 20, StateWritesTest.EVERYTHING, () -> 0);
    for (long offset = 0; offset < end; offset++) {
      learn(store, offset);
    }
    return models(store);
  }

  /** The bytes of the models in a store, as they are. */
  Map<String, String> models(WeightsStore store) {
    Map<String, String> models = new TreeMap<>();
    for (String name : specs.keySet()) {
      ModelEntry model = store.get(name);
      if (model != null) {
        models.put(name, model.lineage() + " " + Arrays.hashCode(ModelCodec.encode(model)));
      }
    }
    return models;
  }
}
