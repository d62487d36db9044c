package io.streamgrad.topology;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.MiniBatch;
import io.streamgrad.learner.ModelState;
import io.streamgrad.learner.Prediction;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.StoredModel;
import io.streamgrad.store.WeightsStore;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Ways to break the promise, for the oracle to notice. */
enum BrokenLearnSteps {
  UPDATE_BEFORE_PREDICT {
    @Override
    LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        @Override
        Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
          Prediction prediction = super.predict(learner, state, batch);
          if (batch.labeled()) {
            super.learn(learner, state, batch, prediction);
          }
          return super.predict(learner, state, batch);
        }

        @Override
        Learner.Outcome learn(
            Learner learner, ModelState state, MiniBatch batch, Prediction prediction) {
          return Learner.Outcome.UPDATED;
        }
      };
    }
  },

  UPDATE_BEFORE_PREDICT_UNDER_THE_OLD_VERSION {
    @Override
    LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        @Override
        Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
          Prediction before = super.predict(learner, state, batch);
          if (batch.labeled()) {
            super.learn(learner, state, batch, before);
          }
          Prediction after = super.predict(learner, state, batch);
          return new Prediction(
              before.version(),
              before.byLastGood(),
              after.classes(),
              after.probabilities(),
              after.correct(),
              after.lossSum());
        }

        @Override
        Learner.Outcome learn(
            Learner learner, ModelState state, MiniBatch batch, Prediction prediction) {
          return Learner.Outcome.UPDATED;
        }
      };
    }
  },

  BATCH_SKIPPED {
    @Override
    LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        @Override
        Learner.Outcome learn(
            Learner learner, ModelState state, MiniBatch batch, Prediction prediction) {
          if (state.version() == 17) {
            state.progress().version++; // as if it had been learned
            return Learner.Outcome.UPDATED;
          }
          return super.learn(learner, state, batch, prediction);
        }
      };
    }
  },

  BATCH_APPLIED_TWICE {
    @Override
    LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        @Override
        Learner.Outcome learn(
            Learner learner, ModelState state, MiniBatch batch, Prediction prediction) {
          if (state.version() == 17) {
            super.learn(learner, state, batch, prediction);
            state.progress().version--; // as if it had been learned once
          }
          return super.learn(learner, state, batch, prediction);
        }
      };
    }
  },

  /** Takes the last weights for their average when a model is read back at the start. */
  AVERAGE_NOT_RESTORED {
    @Override
    LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        private final Map<String, ModelState> restored = new HashMap<>();
        private boolean started;

        @Override
        void init(WeightsStore store, Set<String> names) {
          super.init(store, names);
          started = true;
        }

        @Override
        @Nullable StoredModel stored(String name) {
          StoredModel stored = super.stored(name);
          if (stored == null) {
            return null;
          }
          if (!started) {
            restored.put(name, withoutAverage(stored.state()));
          }
          return new StoredModel(restored.getOrDefault(name, stored.state()), stored.lineage());
        }
      };
    }

    private ModelState withoutAverage(ModelState state) {
      return new ModelState(
          state.parameters(),
          state.parameters().copy(),
          state.moments(),
          state.statistics(),
          state.lastGood(),
          state.lifetime(),
          state.window(),
          state.progress());
    }
  };

  /** A step that is broken in this way. */
  abstract LearnStep step(ServiceConfig config, ServiceMetrics metrics);
}
