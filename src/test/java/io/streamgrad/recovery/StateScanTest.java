package io.streamgrad.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.PartitionRecords;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateScanTest {
  private static final ModelSpec SPEC =
      ConfigLoader.load(null, Map.of(), Map.of("model.layers", "[4, 5, 3]")).model();
  private static final int PIECE = ModelCodec.size(entry(0)) / 3 + 1; // so that there are three

  private final StateScan<Long> scan = scan(name -> true);

  @Test
  void aStateOfOnePieceIsThereAndANewerOneTakesItsPlace() {
    put(scan, "a", 0, 1, 5, Integer.MAX_VALUE);
    put(scan, "b", 0, 1, 7, Integer.MAX_VALUE);
    assertThat(scan.states()).isEqualTo(Map.of("a", 5L, "b", 7L));

    put(scan, "a", 0, 2, 6, Integer.MAX_VALUE);
    assertThat(scan.states()).isEqualTo(Map.of("a", 6L, "b", 7L));
  }

  @Test
  void aStateOfWhichPiecesAreMissingWasOnItsWayAndTheOneBeforeIsThere() {
    put(scan, "a", 1, 4, 10, PIECE);
    byte[] next = ModelCodec.encode(entry(11));
    for (int i = 0; i < 2; i++) {
      putPiece(scan, "a", 0, 5, next, i);
      assertThat(scan.states()).isEqualTo(Map.of("a", 10L));
    }
    putPiece(scan, "a", 0, 5, next, 2);
    assertThat(scan.states()).isEqualTo(Map.of("a", 11L));
  }

  @Test
  void aStateThatWasNeverWholeIsAName() {
    putPiece(scan, "a", 1, 1, ModelCodec.encode(entry(1)), 0);

    assertThat(scan.states()).isEmpty();
    assertThat(scan.names()).containsExactly("a");
  }

  @Test
  void whatWasDeletedIsNotThere() {
    put(scan, "a", 0, 1, 5, Integer.MAX_VALUE);
    scan.put(ChangelogLayout.key("a", (byte) 0, 0).bytes(), null);

    assertThat(scan.states()).isEmpty();
    assertThat(scan.names()).isEmpty();
  }

  @Test
  void aStateOfWhichAPieceWasDeletedIsNotWholeAnyMore() {
    put(scan, "a", 1, 4, 10, PIECE);
    scan.put(ChangelogLayout.key("a", (byte) 1, 1).bytes(), null);

    assertThat(scan.states()).isEmpty();
    assertThat(scan.names()).containsExactly("a");
  }

  @Test
  void ofOtherModelsItHasTheNames() {
    StateScan<Long> some = scan("a"::equals);
    put(some, "a", 0, 1, 5, Integer.MAX_VALUE);
    // Nobody decodes what is not wanted.
    some.put(
        ChangelogLayout.key("b", (byte) 0, 0).bytes(),
        ChangelogLayout.value(1, new byte[] {1}, 0, 1));

    assertThat(some.states()).isEqualTo(Map.of("a", 5L));
    assertThat(some.names()).containsExactly("a", "b");
  }

  @Test
  void aStateThatCantBeReadIsNamed() {
    byte[] key = ChangelogLayout.key("b", (byte) 0, 0).bytes();
    byte[] value = ChangelogLayout.value(1, new byte[64], 0, 64);

    assertThatThrownBy(() -> scan.put(key, value))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageStartingWith("model \"b\": not a stored model");
  }

  /** As the store writes large models: in turn in both slots, with records that compaction took. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whateverIsMissingOfALogItFindsWhatAViewOfAllRecordsFinds(long seed) {
    Random random = new Random(seed);
    ChangelogView view = new ChangelogView();
    for (int generation = 1; generation <= 60; generation++) {
      byte[] state = ModelCodec.encode(entry(generation));
      for (int i = 0; i < 3; i++) {
        byte[] key = ChangelogLayout.key("a", (byte) (generation % 2), i).bytes();
        byte[] value = ChangelogLayout.value(generation, state, i, PIECE);
        view.put(key, value);
        scan.put(key, value);
        ModelEntry expected = view.get("a");
        assertThat(scan.states())
            .isEqualTo(expected == null ? Map.of() : Map.of("a", expected.lineage().offset()));
      }
      if (random.nextInt(5) == 0) {
        byte[] position = PartitionRecords.POSITION.bytes();
        scan.put(position, new byte[] {1});
        scan.put(position, null);
        assertThat(scan.position()).isNull();
      }
    }
  }

  private static StateScan<Long> scan(Predicate<String> wanted) {
    return new StateScan<>(wanted, (name, model) -> model.lineage().offset());
  }

  private static ModelEntry entry(long offset) {
    return new ModelEntry(ModelState.initial(SPEC), new Lineage(0, offset, 0));
  }

  private static void put(
      StateScan<Long> scan, String name, int slot, long generation, long offset, int maxBytes) {
    byte[] state = ModelCodec.encode(entry(offset));
    int most = Math.min(maxBytes, state.length);
    for (int i = 0; i < ChangelogLayout.pieces(state.length, most); i++) {
      scan.put(
          ChangelogLayout.key(name, (byte) slot, i).bytes(),
          ChangelogLayout.value(generation, state, i, most));
    }
  }

  private static void putPiece(
      StateScan<Long> scan, String name, int slot, long generation, byte[] state, int i) {
    scan.put(
        ChangelogLayout.key(name, (byte) slot, i).bytes(),
        ChangelogLayout.value(generation, state, i, PIECE));
  }
}
