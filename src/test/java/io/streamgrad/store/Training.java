package io.streamgrad.store;

import io.streamgrad.format.JournaledBatch;
import io.streamgrad.format.ModelCodec;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import java.util.Random;

/** A model that learns from seeded batches, as the service does it. */
final class Training {
  private final ModelSpec config;
  private final Learner learner;
  private final Random random;
  private ModelEntry model;

  Training(ModelSpec config, long seed) {
    this(config, seed, new ModelEntry(ModelState.initial(config), Lineage.NONE));
  }

  /** One that goes on with a model: with the batches after those that it has learned from. */
  Training(ModelSpec config, long seed, ModelEntry model) {
    this.config = config;
    this.model = model;
    learner = new Learner(config);
    random = new Random(seed);
    for (long batch = 0; batch <= model.lineage().offset(); batch++) {
      next();
    }
  }

  /** Learns from the next batch, which the store is given. */
  void step(WeightsStore store) {
    JournaledBatch batch = step();
    store.put("m", model, batch);
  }

  JournaledBatch step() {
    MiniBatch batch = next();
    boolean newWindow = batch.label(0) == 1;
    ModelState state = model.state();
    Prediction prediction = learner.predict(state, batch);
    UpdateOutcome outcome = Steps.learn(learner, state, batch, prediction);
    JournaledBatch.Result result =
        JournaledBatch.Result.of(outcome, Evaluation.of(prediction, batch), state);
    if (newWindow) {
      state.startWindow();
    }
    long offset = model.lineage().offset() + 1;
    Lineage lineage = new Lineage(3, offset, offset / 7);
    model = new ModelEntry(state, lineage);
    return new JournaledBatch(batch, lineage, newWindow, result);
  }

  /** At an offset in larger arrays, as batches lie in their records. */
  private MiniBatch next() {
    int images = 1 + random.nextInt(9); // in one piece or two
    byte[] pixels = new byte[5 + images * config.inputs()];
    random.nextBytes(pixels);
    byte[] labels = new byte[2 + images];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) random.nextInt(config.classes());
    }
    return new MiniBatch(images, config.inputs(), pixels, 5, labels, 2);
  }

  ModelEntry model() {
    return model;
  }

  /** The model as it is now. */
  byte[] bytes() {
    return ModelCodec.encode(model);
  }
}
