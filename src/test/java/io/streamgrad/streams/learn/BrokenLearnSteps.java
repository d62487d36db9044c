package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.DriftDetector;
import io.streamgrad.model.DriftSpec;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.OpenBatch;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.PixelStatistics;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.ReplayBuffer;
import io.streamgrad.model.UpdateOutcome;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Ways to break the promise, for the oracle to notice. */
public enum BrokenLearnSteps {
  UPDATE_BEFORE_PREDICT {
    @Override
    public LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        @Override
        protected Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
          Prediction prediction = super.predict(learner, state, batch);
          if (batch.labeled()) {
            super.learn(learner, state, batch, prediction, Evaluation.of(prediction, batch));
          }
          return super.predict(learner, state, batch);
        }

        @Override
        protected UpdateOutcome learn(
            Learner learner,
            ModelState state,
            MiniBatch batch,
            Prediction prediction,
            Evaluation evaluation) {
          return UpdateOutcome.UPDATED;
        }
      };
    }
  },

  UPDATE_BEFORE_PREDICT_UNDER_THE_OLD_VERSION {
    @Override
    public LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        @Override
        protected Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
          Prediction before = super.predict(learner, state, batch);
          if (batch.labeled()) {
            super.learn(learner, state, batch, before, Evaluation.of(before, batch));
          }
          Prediction after = super.predict(learner, state, batch);
          return new Prediction(
              before.version(),
              before.byLastGood(),
              after.classes(),
              after.logits(),
              after.sums(),
              after.probabilities());
        }

        @Override
        protected UpdateOutcome learn(
            Learner learner,
            ModelState state,
            MiniBatch batch,
            Prediction prediction,
            Evaluation evaluation) {
          return UpdateOutcome.UPDATED;
        }
      };
    }
  },

  BATCH_SKIPPED {
    @Override
    public LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        @Override
        protected UpdateOutcome learn(
            Learner learner,
            ModelState state,
            MiniBatch batch,
            Prediction prediction,
            Evaluation evaluation) {
          if (state.version() == 17) {
            state.progress().version++; // as if it had been learned
            return UpdateOutcome.UPDATED;
          }
          return super.learn(learner, state, batch, prediction, evaluation);
        }
      };
    }
  },

  BATCH_APPLIED_TWICE {
    @Override
    public LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        @Override
        protected UpdateOutcome learn(
            Learner learner,
            ModelState state,
            MiniBatch batch,
            Prediction prediction,
            Evaluation evaluation) {
          if (state.version() == 17) {
            super.learn(learner, state, batch, prediction, evaluation);
            state.progress().version--; // as if it had been learned once
          }
          return super.learn(learner, state, batch, prediction, evaluation);
        }
      };
    }
  },

  /** Centres a batch by a mean that it is part of. */
  MEAN_OF_THE_BATCH_THAT_IS_PREDICTED {
    @Override
    public Map<String, String> settings() {
      return Map.of("model.input-scaling", "center");
    }

    @Override
    public LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        @Override
        protected Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
          PixelStatistics before = Objects.requireNonNull(state.statistics());
          long[] sums = before.sums().clone();
          for (int p = 0; p < batch.images() * batch.pixelsPerImage(); p++) {
            sums[p % sums.length] += batch.pixels()[batch.pixelsOffset() + p] & 0xff;
          }
          PixelStatistics ahead = new PixelStatistics(before.images() + batch.images(), sums, null);
          return super.predict(learner, with(state, state.average(), ahead), batch);
        }
      };
    }
  },

  /** Forgets what the detector knows when a model is read back at the start. */
  DETECTOR_NOT_RESTORED {
    @Override
    public Map<String, String> settings() {
      return Map.of("model.drift.detector", "adwin");
    }

    @Override
    public LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        private final Set<String> asked = new HashSet<>();

        @Override
        protected @Nullable ModelEntry stored(String name) {
          ModelEntry stored = super.stored(name);
          if (asked.add(name) && stored != null) {
            DriftSpec.Detector kind = config.model(name).drift().detector();
            stored
                .state()
                .drift()
                .keepDetector(DriftDetector.of(kind, new double[DriftDetector.size(kind)]));
          }
          return stored;
        }
      };
    }
  },

  /** Draws other images to be learned from again than those of the counter. */
  DRAW_FROM_THE_WRONG_COUNTER {
    @Override
    public Map<String, String> settings() {
      return REPLAY;
    }

    @Override
    public LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        @Override
        protected UpdateOutcome learn(
            Learner learner,
            ModelState state,
            MiniBatch batch,
            Prediction prediction,
            Evaluation evaluation) {
          ReplayBuffer.Counters counters = Objects.requireNonNull(state.replay()).counters();
          long wrong = state.version() / 3 == 5 ? 1 : 0; // one may draw the same images by chance
          counters.drawn += wrong;
          UpdateOutcome outcome = super.learn(learner, state, batch, prediction, evaluation);
          counters.drawn -= wrong; // as if nothing had been
          return outcome;
        }
      };
    }
  },

  /** Lacks the last image that is kept when a model is read back at the start. */
  REPLAY_ONE_IMAGE_BEHIND {
    @Override
    public Map<String, String> settings() {
      return REPLAY;
    }

    @Override
    public LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        private final Set<String> asked = new HashSet<>();

        @Override
        protected @Nullable ModelEntry stored(String name) {
          ModelEntry stored = super.stored(name);
          if (asked.add(name) && stored != null) {
            ReplayBuffer kept = Objects.requireNonNull(stored.state().replay());
            int images = kept.images() - 1;
            int inputs = config.model(name).inputs();
            stored
                .state()
                .keepReplay(
                    new ReplayBuffer(
                        kept.policy(),
                        kept.capacity(),
                        inputs,
                        kept.counters(),
                        Arrays.copyOf(kept.pixels(), images * inputs),
                        Arrays.copyOf(kept.labels(), images)));
          }
          return stored;
        }
      };
    }
  },

  /** Forgets the images that wait to be learned together when a model is read back at the start. */
  OPEN_BATCH_NOT_RESTORED {
    @Override
    public Map<String, String> settings() {
      return Map.of("model.batch-size", "100");
    }

    @Override
    public LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        private final Set<String> asked = new HashSet<>();

        @Override
        protected @Nullable ModelEntry stored(String name) {
          ModelEntry stored = super.stored(name);
          if (asked.add(name) && stored != null) {
            assertThat(stored.state().open()).isNotNull();
            stored.state().keepOpen(new OpenBatch(config.model(name).inputs()));
          }
          return stored;
        }
      };
    }
  },

  /** Takes the last weights for their average when a model is read back at the start. */
  AVERAGE_NOT_RESTORED {
    @Override
    public LearnStep step(ServiceConfig config, ServiceMetrics metrics) {
      return new LearnStep(config, metrics) {
        private final Set<String> asked = new HashSet<>();

        @Override
        protected @Nullable ModelEntry stored(String name) {
          ModelEntry stored = super.stored(name);
          return asked.add(name) && stored != null
              ? new ModelEntry(withoutAverage(stored.state()), stored.lineage())
              : stored;
        }
      };
    }

    private ModelState withoutAverage(ModelState state) {
      return with(state, state.parameters().copy(), state.statistics());
    }
  };

  private static final Map<String, String> REPLAY =
      Map.of("model.drift.detector", "adwin", "model.replay.images", "10000");

  private static ModelState with(
      ModelState state, @Nullable Parameters average, @Nullable PixelStatistics statistics) {
    return new ModelState(
        state.parameters(),
        average,
        state.moments(),
        statistics,
        state.lastGood(),
        state.lifetime(),
        state.window(),
        state.progress());
  }

  /** What of the configuration it takes to show. */
  public Map<String, String> settings() {
    return Map.of();
  }

  /** A step that is broken in this way. */
  public abstract LearnStep step(ServiceConfig config, ServiceMetrics metrics);
}
