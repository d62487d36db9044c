package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.format.changelog.Checks;
import io.streamgrad.format.changelog.EarlierSettings;
import io.streamgrad.format.changelog.PartitionRecords;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.format.changelog.StoredSample;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.recovery.ChangelogView;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PositionTest {
  private static final Position POSITION =
      new Position(
          "images", new Uuid(0x0102030405060708L, 9).toString(), 3, 16, 258, 77, -2, -3, 5);
  private static final String GOLDEN_1 =
      "0000000000000000" // generation
          + "00000001" // pieces
          + "53475244" // SGRD
          + "ffff" // no model
          + "0001" // layout
          + "00000003" // partition
          + "00000010" // partitions
          + "0000000000000102" // offset
          + "fffffffffffffffe" // check
          + "01020304050607080000000000000009" // topic id
          + "0006" // length of the name
          + "696d61676573";
  private static final String GOLDEN =
      "0000000000000000" // generation
          + "00000001" // pieces
          + "53475244" // SGRD
          + "ffff" // no model
          + "0002" // layout
          + "00000003" // partition
          + "00000010" // partitions
          + "0000000000000102" // offset
          + "fffffffffffffffe" // check of the states
          + "01020304050607080000000000000009" // topic id
          + "000000000000004d" // replay from
          + "fffffffffffffffd" // check of the models
          + "00000005" // mathematics
          + "0006" // length of the name
          + "696d61676573";

  @Test
  void aPositionOfTheFirstLayoutLacksNothing() {
    assertThat(Position.decode(HexFormat.of().parseHex(GOLDEN_1)))
        .isEqualTo(
            new Position("images", POSITION.topicId(), 3, 16, 258, 258, -2, 0, Position.UNKNOWN));
  }

  @Test
  void aPositionIsTheseBytes() {
    assertThat(HexFormat.of().formatHex(POSITION.encode())).isEqualTo(GOLDEN);
    assertThat(Position.decode(HexFormat.of().parseHex(GOLDEN))).isEqualTo(POSITION);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 12, 19, 20, 61, 62, 67, 81, 82, 87})
  void aPositionThatIsCutOffIsRefused(int length) {
    assertThatThrownBy(() -> Position.decode(Arrays.copyOf(POSITION.encode(), length)))
        .isInstanceOf(UnreadableStateException.class);
  }

  @Test
  void aPositionOfAnUnknownLayoutIsRefusedWithBothVersions() {
    byte[] newer = POSITION.encode();
    newer[19] = 7;
    assertThatThrownBy(() -> Position.decode(newer))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageContaining("layout version 7, this version of Streamgrad reads 1 to 2");
  }

  /** What versions do that know no position: they look at every name, the empty one too. */
  @Test
  void aVersionThatTakesThePositionForAModelRefusesIt() {
    ChangelogView image = new ChangelogView();
    image.put(PartitionRecords.POSITION.bytes(), POSITION.encode());

    assertThatThrownBy(() -> image.get(""))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageContaining("layout version -1");
  }

  @Test
  void whatBelongsToNoModelIsNoModel() throws IOException {
    StoredSample sample = StoredSample.read(1);
    ChangelogView image = new ChangelogView();
    image.put(sample.keyBytes(), sample.valueBytes());
    image.put(PartitionRecords.POSITION.bytes(), POSITION.encode());
    ChangelogEdit edit = new ChangelogEdit(image);

    assertThat(image.names()).containsExactly("a");
    assertThat(edit.store().names()).containsExactly("a");
    assertThat(edit.store().input().position()).isEqualTo(POSITION);
    assertThat(edit.changes()).isEmpty();
  }

  @Test
  void anAdoptionMovesTheModelsAndIsKeptBesideThePosition() throws IOException {
    StoredSample sample = StoredSample.read(1);
    ChangelogView image = new ChangelogView();
    image.put(sample.keyBytes(), sample.valueBytes());
    ChangelogEdit edit = new ChangelogEdit(image);

    edit.adopt(POSITION, null, null, true, new byte[] {1});
    edit.changes().forEach(change -> image.put(change.key, change.value));
    ChangelogEdit next = new ChangelogEdit(image);
    next.adopt(at(300), null, null, false, new byte[] {2});
    next.changes().forEach(change -> image.put(change.key, change.value));

    assertThat(image.adoptions()).containsExactly(new byte[] {1}, new byte[] {2});
    ModelEntry model = Objects.requireNonNull(image.get("a"));
    assertThat(model.lineage()).isEqualTo(new Lineage(3, 257, 1234));
    assertThat(ModelCodec.weightsSha256(model)).isEqualTo(sample.weightsSha256());
    assertThat(image.position())
        .isEqualTo(
            new Position(
                "images",
                POSITION.topicId(),
                3,
                16,
                300,
                300,
                Checks.state("a", model),
                Checks.model("a", model),
                POSITION.mathematics()));
  }

  /** What begins behind it is begun with the settings of now. */
  @Test
  void anAdoptionCutsEarlierSettingsOff() {
    ChangelogView image = new ChangelogView();
    EarlierSettings first = new EarlierSettings(POSITION.topicId(), 200, "first");
    EarlierSettings second = new EarlierSettings(POSITION.topicId(), 400, "second");
    EarlierSettings other = new EarlierSettings(Uuid.ONE_UUID.toString(), 400, "other");
    int number = 0;
    for (EarlierSettings each : List.of(first, second, other)) {
      image.put(PartitionRecords.earlierSettings(number++).bytes(), each.encode());
    }
    ChangelogEdit edit = new ChangelogEdit(image);
    edit.adopt(at(300), null, null, true, new byte[] {1});
    edit.changes().forEach(change -> image.put(change.key, change.value));

    assertThat(image.earlierSettings())
        .containsExactly(first, new EarlierSettings(POSITION.topicId(), 300, "second"), other);
  }

  @Test
  void theCheckTellsOfAnOlderStateOfOneModelAndNotOfTheOrder() throws IOException {
    ModelEntry model = model(StoredSample.read(1));
    ModelEntry newer = new ModelEntry(model.state(), new Lineage(0, 20, 1234));
    CheckSum one = new CheckSum();
    one.set("a", Checks.state("a", model));
    one.set("b", Checks.state("b", model));
    one.set("a", Checks.state("a", newer));
    CheckSum other = new CheckSum();
    other.set("b", Checks.state("b", model));
    other.set("a", Checks.state("a", newer));
    assertThat(one.value()).isEqualTo(other.value());

    other.set("a", Checks.state("a", model));
    assertThat(one.value()).isNotEqualTo(other.value());
  }

  private static Position at(long offset) {
    return new Position(
        "images", POSITION.topicId(), 3, 16, offset, offset, 0, 0, POSITION.mathematics());
  }

  private static ModelEntry model(StoredSample sample) {
    ChangelogView image = new ChangelogView();
    image.put(sample.keyBytes(), sample.valueBytes());
    return Objects.requireNonNull(image.get("a"));
  }
}
