package io.streamgrad.store;

import io.streamgrad.config.ModelConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.MiniBatch;
import io.streamgrad.learner.ModelState;
import io.streamgrad.learner.Prediction;
import java.util.Random;

/** A model that learns from seeded batches, as the service does it. */
final class Training {
  private final ModelConfig config;
  private final Learner learner;
  private final Random random;
  private StoredModel model;

  Training(ModelConfig config, long seed) {
    this(config, seed, new StoredModel(ModelState.initial(config), Lineage.NONE));
  }

  /** One that goes on with a model: with the batches after those that it has learned from. */
  Training(ModelConfig config, long seed, StoredModel model) {
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
    LearnedBatch batch = step();
    store.put("m", model, batch);
  }

  LearnedBatch step() {
    MiniBatch batch = next();
    boolean newWindow = batch.label(0) == 1;
    ModelState state = model.state();
    Prediction prediction = learner.predict(state, batch);
    Learner.Outcome outcome = learner.learn(state, batch, prediction);
    LearnedBatch.Result result = LearnedBatch.Result.of(outcome, prediction, state);
    if (newWindow) {
      state.startWindow();
    }
    long offset = model.lineage().offset() + 1;
    Lineage lineage = new Lineage(3, offset, offset / 7);
    model = new StoredModel(state, lineage);
    return new LearnedBatch(batch, lineage, newWindow, result);
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

  StoredModel model() {
    return model;
  }

  /** The model as it is now. */
  byte[] bytes() {
    return ModelCodec.encode(model);
  }
}
