package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.learner.Learner;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The learners that are kept of more models with settings of their own than may be. */
class RecentLearnersTest {
  private static final ServiceConfig CONFIG = config();

  private final RecentLearners learners = new RecentLearners();

  @Test
  void modelsOfTheSameSettingsShareALearner() {
    assertThat(learner("any")).isSameAs(learner("other")).isNotSameAs(learner("m0"));
  }

  @Test
  void theLearnerThatWasNotUsedForLongestMakesRoom() {
    Learner first = learner("m0");
    Learner second = learner("m1");
    for (int i = 2; i < RecentLearners.MOST; i++) {
      learner("m" + i);
    }
    assertThat(learner("m0")).as("not more than are kept").isSameAs(first);

    learner("m" + RecentLearners.MOST);

    assertThat(learner("m0")).as("used since").isSameAs(first);
    assertThat(learner("m1")).isNotSameAs(second);
  }

  private Learner learner(String name) {
    return learners.of(CONFIG.model(name));
  }

  private static ServiceConfig config() {
    Map<String, String> settings = new HashMap<>();
    settings.put("model.layers", "[4, 5, 3]");
    for (int i = 0; i <= RecentLearners.MOST; i++) {
      settings.put("models.m%d.seed".formatted(i), Integer.toString(100 + i));
    }
    return ConfigLoader.load(null, Map.of(), settings);
  }
}
