package io.streamgrad.streams.learn;

import io.streamgrad.format.changelog.Following;
import io.streamgrad.format.changelog.Following.Place;
import io.streamgrad.wire.ModelPartitions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/** When models began to follow others, as the configuration says from the next records on. */
final class FollowerStarts {
  /** Parts of the input that are remembered of a partition: with long names they are 600 kB. */
  static final int MOST = 1_000;

  private FollowerStarts() {}

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
    return all;
  }

  /**
   * What of it the oracle still needs: of records that are not deleted; and of those that are, the
   * last of each stored model, which tells that it did not begin with the log.
   *
   * @param start where the logs begin
   * @param stored whether there is a model of this name
   * @throws ModelMismatchException if it is more than can be remembered
   */
  static List<Following> needed(List<Following> all, Place start, Predicate<String> stored) {
    Deque<Following> needed = new ArrayDeque<>();
    Set<String> before = new HashSet<>(); // the log
    for (int i = all.size() - 1; i >= 0; i--) {
      Following each = all.get(i);
      String name = each.follower();
      if (!isDeleted(each.to(), start) || (stored.test(name) && before.add(name))) {
        needed.addFirst(each);
      }
    }
    if (needed.size() > MOST) {
      throw ModelMismatchException.tooManyFollowed(List.copyOf(needed), MOST);
    }
    return List.copyOf(needed);
  }

  /** Whether all records before a place are, and a snapshot of them is no beginning either. */
  private static boolean isDeleted(Place to, Place start) {
    return to.images() < start.images()
        && to.labels() <= start.labels()
        && to.commands() <= start.commands();
  }
}
