package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.Following;
import io.streamgrad.format.Following.Place;
import io.streamgrad.format.UnreadableStateException;
import io.streamgrad.wire.ModelPartitions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

class FollowingSinceTest {
  @Test
  void whatTheConfigurationSaysCountsFromTheNextRecordsOn() {
    List<Following> none = now(List.of(), 5, Map.of());
    List<Following> begun = now(none, 5, Map.of("f", "a"));
    List<Following> same = now(begun, 9, Map.of("f", "a"));
    List<Following> ended = now(same, 20, Map.of());
    List<Following> again = now(ended, 30, Map.of("f", "a"));
    List<Following> other = now(again, 40, Map.of("f", "b"));

    assertThat(none).isEmpty();
    assertThat(begun).containsExactly(new Following("f", "a", place(5), Place.OPEN));
    assertThat(same).isEqualTo(begun);
    assertThat(ended).containsExactly(new Following("f", "a", place(5), place(20)));
    assertThat(other)
        .containsExactly(
            new Following("f", "a", place(5), place(20)),
            new Following("f", "a", place(30), place(40)),
            new Following("f", "b", place(40), Place.OPEN));
    assertThat(Following.decode(Following.encode(other))).isEqualTo(other);
  }

  /** In a rolling restart an instance of before may have the partition for a moment. */
  @Test
  void whereNothingCameBetweenItHasNeverEnded() {
    List<Following> begun = now(List.of(), 5, Map.of("f", "a"));

    assertThat(now(now(begun, 20, Map.of()), 20, Map.of("f", "a"))).isEqualTo(begun);
  }

  @Test
  void inAnotherLogTheyBeginAnew() {
    List<Following> begun = now(List.of(), 100, Map.of("f", "a"));

    assertThat(now(begun, 3, Map.of("f", "a")))
        .containsExactly(new Following("f", "a", place(3), Place.OPEN));
  }

  @Test
  void aRecordOfSomethingElseIsRefused() {
    byte[] record = Following.encode(List.of(new Following("f", "a", place(1), Place.OPEN)));
    record[record.length - 51]++; // the length of a name

    Assertions.assertThatThrownBy(() -> Following.decode(record))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessage("the list of followers in the changelog is corrupt");
  }

  private static Place place(long offset) {
    return new Place(offset, offset + 1, offset + 2);
  }

  private static List<Following> now(
      List<Following> before, long offset, Map<String, String> leaders) {
    Map<String, String> settings = new HashMap<>();
    leaders.forEach((name, leader) -> settings.put("models." + name + ".follows", leader));
    ModelPartitions partitions =
        new ModelPartitions(ConfigLoader.load(null, Map.of(), settings), 1);
    return FollowingSince.now(partitions, 0, before, place(offset));
  }
}
