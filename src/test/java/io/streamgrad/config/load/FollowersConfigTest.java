package io.streamgrad.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.Followers;
import io.streamgrad.config.ServiceConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a model may follow. */
class FollowersConfigTest {
  @Test
  void modelsFollowOthersInOrderOfName() {
    Followers followers =
        new Followers(
            load(
                Map.of(
                    "models.b.follows", "a",
                    "models.c.follows", "x",
                    "models.a2.follows", "a")));

    assertThat(followers.of("a")).containsExactly("a2", "b");
    assertThat(followers.of("b")).isEmpty();
    assertThat(followers.leader("c")).isEqualTo("x");
    assertThat(followers.leader("a")).isNull();
  }

  @Test
  void whatCannotBeFollowedIsRefusedWithBothNames() {
    assertThat(refusal(Map.of("models.a.follows", "a")))
        .isEqualTo(
            "models.a.follows: a is not allowed; must be the name of another model (set by -c)");
    assertThat(refusal(Map.of("models.a.follows", "b", "models.b.follows", "c")))
        .isEqualTo(
            "models.a.follows: b is not allowed; must be a model that follows none, b follows c"
                + " (set by -c)");
    assertThat(refusal(Map.of("models.a.follows", "b", "models.a.layers", "[784, 4]")))
        .isEqualTo(
            "models.a.follows: b is not allowed; must be a model of as many inputs and classes: b"
                + " has layers [784, 10, 10], and a has [784, 4] (set by -c)");
    assertThat(refusal(Map.of("models.a.follows", "b", "models.allow", "[a, default]")))
        .isEqualTo(
            "models.a.follows: b is not allowed; must be a name that models.allow has a pattern for"
                + " (set by -c)");
    assertThat(refusal(Map.of("models.default.follows", "b")))
        .isEqualTo(
            "default-model: default is not allowed; must be a model that follows none, default"
                + " follows b");
    assertThat(refusal(Map.of("model.follows", "b")))
        .isEqualTo(
            "model.follows: b is not allowed; must be \"\": single models follow others, see"
                + " models.NAME.follows (set by -c)");
  }

  /** A restart with another configuration learns again as it was configured then. */
  @Test
  void whomAModelFollowsIsStoredWithTheSettings() {
    ServiceConfig with = load(Map.of("models.f.follows", "a", "models.f.seed", "3"));
    ServiceConfig then = LearningSettings.in(load(Map.of()), LearningSettings.of(with));

    assertThat(new Followers(then).of("a")).containsExactly("f");
    assertThat(then.model("f").seed()).isEqualTo(3);
  }

  private static ServiceConfig load(Map<String, String> overrides) {
    return ConfigLoader.load(null, Map.of(), overrides);
  }

  private static String refusal(Map<String, String> overrides) {
    return Configs.refusal(() -> load(overrides));
  }
}
