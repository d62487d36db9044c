package io.streamgrad.config;

import io.streamgrad.model.ModelSpec;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which models follow others: each predicts and learns every batch of its leader, in the same step.
 * Immutable.
 */
public final class Followers {
  private final SortedMap<String, String> leaders; // by follower
  private final Map<String, List<String>> byLeader;

  /** Those of a configuration. */
  public Followers(ServiceConfig config) {
    this(leaders(config.models()));
  }

  /** Those with these leaders, by their own names. */
  public Followers(Map<String, String> leaders) {
    this.leaders = Collections.unmodifiableSortedMap(new TreeMap<>(leaders));
    byLeader =
        this.leaders.keySet().stream()
            .collect(Collectors.groupingBy(name -> Objects.requireNonNull(leaders.get(name))));
  }

  private static Map<String, String> leaders(ModelsConfig models) {
    Map<String, String> leaders = new TreeMap<>();
    models
        .byName()
        .forEach(
            (name, model) -> {
              if (!model.follows().isEmpty()) {
                leaders.put(name, model.follows());
              }
            });
    return leaders;
  }

  /** The model that one follows; null if it follows none. */
  public @Nullable String leader(String name) {
    return leaders.get(name);
  }

  /** The models that follow one, in order of name. */
  public List<String> of(String leader) {
    return byLeader.getOrDefault(leader, List.of());
  }

  /** The leader of each follower, by its name. */
  public SortedMap<String, String> leaders() {
    return leaders;
  }

  /**
   * Checks what models follow.
   *
   * @throws ConfigException if one can't follow what it does
   */
  static void check(String defaultModel, ModelSpec model, ModelsConfig models) {
    Check.that(
        model.follows().isEmpty(),
        "model.follows",
        model.follows(),
        "\"\": single models follow others, see models.NAME.follows");
    Followers all = new Followers(leaders(models));
    all.leaders.forEach((name, leader) -> all.check(name, leader, model, models));
    String followed = all.leader(defaultModel);
    Check.that(
        followed == null,
        "default-model",
        defaultModel,
        "a model that follows none, %s follows %s".formatted(defaultModel, followed));
  }

  private void check(String name, String leader, ModelSpec model, ModelsConfig models) {
    String key = "models." + name + ".follows";
    ModelSpec own = models.byName().getOrDefault(name, model);
    ModelSpec followed = models.byName().getOrDefault(leader, model);
    Check.that(
        leader(leader) == null,
        key,
        leader,
        leader.equals(name)
            ? "the name of another model"
            : "a model that follows none, %s follows %s".formatted(leader, leader(leader)));
    Check.that(models.isAllowed(leader), key, leader, "a name that models.allow has a pattern for");
    Check.that(
        own.inputs() == followed.inputs() && own.classes() == followed.classes(),
        key,
        leader,
        "a model of as many inputs and classes: %s has layers %s, and %s has %s"
            .formatted(leader, followed.layers(), name, own.layers()));
  }
}
