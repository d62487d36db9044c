package io.streamgrad.streams.learn;

import io.streamgrad.format.Following;
import io.streamgrad.format.Following.Place;
import io.streamgrad.wire.ModelPartitions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** When models began to follow others, as the configuration says from the next records on. */
final class FollowingSince {
  /** So many parts of the input are remembered of a partition. */
  private static final int MOST = 1_000;

  private FollowingSince() {}

  /**
   * What is known of a partition from now on.
   *
   * @param before what was stored
   * @param next where the next records will be
   */
  static List<Following> now(
      ModelPartitions partitions, int partition, List<Following> before, Place next) {
    Map<String, String> begun = new TreeMap<>(partitions.followers().leaders());
    begun.keySet().removeIf(name -> partitions.of(name) != partition);
    List<Following> all = new ArrayList<>();
    for (Following each : before) {
      if (each.from().images() > next.images()) {
        continue; // it was in another log, before this one was adopted
      }
      boolean goesOn = each.leader().equals(begun.get(each.follower()));
      if (goesOn && (each.isOpen() || each.to().equals(next))) {
        begun.remove(each.follower());
        all.add(each.until(Place.OPEN));
      } else {
        all.add(each.isOpen() ? each.until(next) : each);
      }
    }
    begun.forEach((name, leader) -> all.add(new Following(name, leader, next, Place.OPEN)));
    return all.subList(Math.max(0, all.size() - MOST), all.size());
  }
}
