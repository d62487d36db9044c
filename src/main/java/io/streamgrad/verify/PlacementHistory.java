package io.streamgrad.verify;

import io.streamgrad.config.Followers;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.Following;
import io.streamgrad.wire.ModelPartitions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Where models lived, and whom they followed, at each place in a partition's input: the service
 * notes from where on it has done as it is configured. Not thread-safe.
 */
final class PlacementHistory {
  private final ServiceConfig config;
  private final int count;
  private final List<Following> noted;
  private final Map<Map<String, String>, ModelPartitions> known = new HashMap<>(); // by leaders

  /**
   * Those of a partition.
   *
   * @param count how many the images topic has
   * @param noted by the service
   */
  PlacementHistory(ServiceConfig config, int count, List<Following> noted) {
    this.config = config;
    this.count = count;
    this.noted = noted;
  }

  /** At an offset of the images topic. */
  ModelPartitions atImages(long offset) {
    return where(each -> each.from().images() <= offset && offset < each.to().images());
  }

  /** At an offset of the labels topic. */
  ModelPartitions atLabels(long offset) {
    return where(each -> each.from().labels() <= offset && offset < each.to().labels());
  }

  /** At an offset of the commands topic. */
  ModelPartitions atCommands(long offset) {
    return where(each -> each.from().commands() <= offset && offset < each.to().commands());
  }

  private ModelPartitions where(Predicate<Following> holds) {
    Map<String, String> leaders = new TreeMap<>();
    for (Following each : noted) {
      if (holds.test(each)) {
        leaders.put(each.follower(), each.leader());
      }
    }
    return known.computeIfAbsent(
        leaders, then -> new ModelPartitions(config, count, new Followers(then)));
  }

  /** Followers that the configuration names no more: with which settings is not known. */
  Set<String> withoutSettings() {
    Set<String> names = new HashSet<>();
    noted.forEach(each -> names.add(each.follower()));
    names.removeAll(config.models().byName().keySet());
    return names;
  }
}
