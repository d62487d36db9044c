package io.streamgrad.streams.input;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.format.changelog.Position;
import io.streamgrad.streams.input.Mismatch.Kind;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Weights at offset 50, the last batch of the youngest model at 44, of the oldest at 9. */
class InputCheckTest {
  private static final long CHECK = 7;
  private static final long NONE = Long.MAX_VALUE;
  private static final Position AT_50 =
      new Position("streamgrad.images", TestInput.ID, 0, 1, 50, 50, CHECK, 0, 1);

  static Stream<Arguments> exactlyOnce() {
    return Stream.of(
        Arguments.of("nothing is wrong", at(AT_50), log(0, 90, 50), null),
        Arguments.of("markers in between", at(AT_50), log(0, 90, 60), null),
        Arguments.of("markers in between, deleted", at(AT_50), log(60, 90, 60), null),
        Arguments.of("offset deleted", at(AT_50), log(0, 90, -1), Kind.LEARNED_TWICE),
        Arguments.of("offset set back", at(AT_50), log(0, 90, 49), Kind.LEARNED_TWICE),
        Arguments.of("offset set forward", at(AT_50), log(0, 90, 71), Kind.SKIPPED),
        Arguments.of("offset beyond the log", at(AT_50), log(0, 50, 60), Kind.SKIPPED),
        Arguments.of("log's head deleted", at(AT_50), log(51, 90, 50), Kind.RECORDS_DELETED),
        Arguments.of("what states lack is there", at(at(50, 40, CHECK)), log(40, 90, 50), null),
        Arguments.of(
            "what states lack is deleted",
            at(at(50, 40, CHECK)),
            log(41, 90, 50),
            Kind.RECORDS_DELETED),
        Arguments.of(
            "what an earlier version's state lacks is deleted",
            new StoredLineage(at(50, 50, CHECK + 1), null, 2, 10, 45, 30, CHECK),
            log(31, 90, 50),
            Kind.RECORDS_DELETED),
        Arguments.of("and the offset", at(AT_50), log(51, 90, -1), Kind.RECORDS_DELETED),
        Arguments.of("log's end lost", at(AT_50), log(0, 49, 49), Kind.LOG_CUT),
        Arguments.of("topic emptied", at(AT_50), log(0, 0, -1), Kind.LOG_CUT),
        Arguments.of("older state", at(at(50, 50, CHECK + 1)), log(0, 90, 50), Kind.OTHER_WEIGHTS),
        Arguments.of(
            "topic created again",
            at(
                new Position(
                    AT_50.topic(), Uuid.randomUuid().toString(), 0, 1, 50, 50, CHECK, 0, 1)),
            log(0, 90, 50),
            Kind.TOPIC_MADE_ANEW),
        Arguments.of(
            "other topic",
            at(new Position("other", TestInput.ID, 0, 1, 50, 50, CHECK, 0, 1)),
            log(0, 90, 50),
            Kind.OTHER_TOPIC),
        Arguments.of(
            "other partitions",
            at(new Position(AT_50.topic(), TestInput.ID, 0, 2, 50, 50, CHECK, 0, 1)),
            log(0, 90, 50),
            Kind.PARTITIONS_CHANGED),
        Arguments.of("first start", none(), log(0, 90, -1), null),
        Arguments.of("first start on a log without its head", none(), log(9, 90, -1), null),
        Arguments.of("only markers so far", none(), log(0, 90, 60), null),
        Arguments.of("weights deleted", none(), log(0, 90, 71), Kind.WEIGHTS_MISSING),
        Arguments.of("weights and the head deleted", none(), log(9, 90, 9), Kind.WEIGHTS_MISSING),
        Arguments.of("upgrade", at(null), log(0, 90, 71), null),
        Arguments.of("upgrade without offset", at(null), log(0, 90, -1), Kind.LEARNED_TWICE));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("exactlyOnce")
  void exactlyOnceWeightsAndOffsetMustBeAtTheSamePlace(
      String name, StoredLineage stored, LogState log, @Nullable Kind expected) {
    assertThat(kind(true, stored, log)).isEqualTo(expected);
  }

  static Stream<Arguments> atLeastOnce() {
    return Stream.of(
        Arguments.of("a crash before the offset", at(AT_50), log(0, 90, 40), null),
        Arguments.of("an old instance wrote last", at(AT_50), log(0, 90, 71), null),
        Arguments.of("older state", at(at(50, 50, CHECK + 1)), log(0, 90, 50), null),
        Arguments.of(
            "older state, and its batches are deleted",
            at(at(50, 50, CHECK + 1)),
            log(11, 90, 50),
            Kind.RECORDS_DELETED),
        Arguments.of("log's head deleted", at(AT_50), log(51, 90, 50), Kind.RECORDS_DELETED),
        Arguments.of("weights deleted", none(), log(0, 90, 71), Kind.WEIGHTS_MISSING));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("atLeastOnce")
  void atLeastOnceWhatIsBehindTheOffsetMustBeThereToBeLearned(
      String name, StoredLineage stored, LogState log, @Nullable Kind expected) {
    assertThat(kind(false, stored, log)).isEqualTo(expected);
  }

  @Test
  void atLeastOncePositionsTellWhatIsCompleteAsFarAsTheyAreOfTheStates() {
    assertThat(at(AT_50).complete()).isEqualTo(50);
    assertThat(at(at(50, 50, 1)).complete()).as("of neither").isEqualTo(10);
    assertThat(
            new StoredLineage(at(50, 50, 1), at(60, 55, CHECK), 2, 10, 45, NONE, CHECK).complete())
        .as("cut off right before the position")
        .isEqualTo(60);
  }

  @Test
  void whatIsLearnedAgainBeginsWithTheFirstBatchThatAnyStateLacks() {
    assertThat(at(AT_50).replayFrom()).isEqualTo(50);
    assertThat(at(at(50, 40, CHECK)).replayFrom()).isEqualTo(40);
    assertThat(at(at(50, 40, 1)).replayFrom()).as("of neither position").isEqualTo(10);
    assertThat(
            new StoredLineage(at(50, 40, 1), at(60, 55, CHECK), 2, 10, 45, NONE, CHECK)
                .replayFrom())
        .as("cut off right before the position")
        .isEqualTo(55);
    assertThat(new StoredLineage(at(50, 50, 1), null, 2, 10, 45, 30, CHECK).replayFrom())
        .as("of an earlier version")
        .isEqualTo(30);
    assertThat(new StoredLineage(null, null, 2, 10, 45, 30, CHECK).replayFrom())
        .as("of a version before there were positions")
        .isEqualTo(30);
    assertThat(at(null).replayFrom()).isEqualTo(45);
  }

  /** Processing was at-least-once and was killed: then there is a way that loses nothing. */
  @Test
  void whereStatesWereWrittenAtLeastOnceTheMessageNamesTheWayThatLosesNothing() {
    InputCheck check = new InputCheck("app", true, new TestInput(0, 90, -1));
    StoredLineage cutOff =
        new StoredLineage(at(50, 50, 1), at(60, 55, CHECK), 2, 10, 45, NONE, CHECK);

    assertThat(check.mismatch(cutOff, log(0, 90, 50)))
        .asString()
        .contains("start the service with processing-guarantee: at_least_once once more");
    assertThat(check.mismatch(at(at(50, 50, 1)), log(0, 90, 50)))
        .asString()
        .doesNotContain("at_least_once");
  }

  @Test
  void aMessageSaysWhatWasFoundWhatItWouldMeanAndTheCommand() {
    InputCheck check = new InputCheck("app", true, new TestInput(0, 90, -1));

    assertThat(check.mismatch(at(AT_50), log(0, 90, -1)))
        .hasToString(
            "the weights of streamgrad.images-0 are at offset 50, and group app has committed no"
                + " offset; to go on would learn the batches from offset 0 to 49 a second time."
                + " To go on where the weights are, which loses nothing: streamgrad adopt"
                + " --continue-at weights (with the service's --config and -c); to learn them"
                + " again: streamgrad adopt --continue-at offset (with the service's --config and"
                + " -c)");
  }

  /** Offset 70 has a record, 50 to 69 have none. */
  private static @Nullable Kind kind(boolean exactlyOnce, StoredLineage stored, LogState log) {
    Mismatch mismatch =
        new InputCheck("app", exactlyOnce, new TestInput(log).add(70)).mismatch(stored, log);
    return mismatch == null ? null : mismatch.kind();
  }

  private static StoredLineage at(@Nullable Position position) {
    return new StoredLineage(position, null, 2, 10, 45, NONE, CHECK);
  }

  private static Position at(long offset, long replayFrom, long states) {
    return new Position(
        AT_50.topic(), TestInput.ID, 0, 1, offset, replayFrom, states, 0, AT_50.mathematics());
  }

  private static StoredLineage none() {
    return new StoredLineage(null, null, 0, 0, 0, NONE, 0);
  }

  private static LogState log(long start, long end, long committed) {
    return new LogState("streamgrad.images", TestInput.ID, 0, 1, start, end, committed);
  }
}
