package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.changelog.Following;
import io.streamgrad.format.changelog.Following.Place;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.wire.ModelPartitions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

class FollowerStartsTest {
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

  /** The oracle asks what was where a record is, and whether a model did not begin with the log. */
  @Test
  void ofDeletedRecordsTheLastIsRememberedOfAModelThatIsStored() {
    Following first = new Following("f", "a", place(5), place(20));
    Following second = new Following("f", "b", place(20), place(30));
    Following other = new Following("g", "a", place(6), place(30));
    Following open = new Following("f", "a", place(35), Place.OPEN);
    List<Following> all = List.of(first, second, other, open);

    assertThat(needed(all, place(20), name -> false)).as("a snapshot is").isEqualTo(all);
    assertThat(needed(all, place(21), name -> false)).containsExactly(second, other, open);
    assertThat(needed(all, place(21), name -> true)).isEqualTo(all);
    assertThat(needed(all, new Place(90, 30, 90), name -> false))
        .as("labels are left")
        .containsExactly(second, other, open);
    assertThat(needed(all, new Place(90, 90, 31), name -> false))
        .as("commands are left")
        .containsExactly(second, other, open);
    assertThat(needed(all, place(90), name -> false)).containsExactly(open);
    assertThat(needed(all, place(90), "g"::equals)).containsExactly(other, open);
    assertThat(needed(all, place(90), name -> true)).containsExactly(second, other, open);
  }

  @Test
  void whereMoreWouldHaveToBeRememberedTheStartIsRefusedAndNothingForgotten() {
    List<Following> all = new ArrayList<>();
    for (int i = 0; i < FollowerStarts.MOST / 2; i++) {
      all = now(all, 10L * i, Map.of("f", "a", "g", "a"));
      all = now(all, 10L * i + 5, Map.of());
    }
    List<Following> most = all;
    assertThat(needed(most, place(0), name -> true)).isEqualTo(most).hasSize(FollowerStarts.MOST);
    assertThat(needed(now(most, 9999, Map.of()), place(0), name -> true)).isEqualTo(most);

    List<Following> more = now(most, 9999, Map.of("h", "b"));
    Assertions.assertThatThrownBy(() -> needed(more, place(0), name -> true))
        .isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("1001 times, and no more than 1000 are remembered")
        .hasMessageContaining("\"h\" of \"b\"")
        .hasMessageContaining("\"f\" followed up to offset 5 of the images");
    assertThat(needed(more, place(17), name -> true)).as("records are deleted").hasSize(999);
  }

  @Test
  void aRecordOfSomethingElseIsRefused() {
    byte[] record = Following.encode(List.of(new Following("f", "a", place(1), Place.OPEN)));
    record[record.length - 51]++; // the length of a name

    Assertions.assertThatThrownBy(() -> Following.decode(record))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessage("the list of followers in the changelog is corrupt");
  }

  private static List<Following> needed(
      List<Following> all, Place start, Predicate<String> stored) {
    return FollowerStarts.needed(all, start, stored);
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
    return FollowerStarts.now(partitions, 0, before, place(offset));
  }
}
