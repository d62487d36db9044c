package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.ChangelogLayout;
import io.streamgrad.format.Key;
import io.streamgrad.format.ModelCodec;
import io.streamgrad.format.StoredSample;
import io.streamgrad.format.UnreadableStateException;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.recovery.ChangelogView;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model of several pieces: what commits write, and that any of them is enough to go on from. */
class LargeModelTest {
  private static final int MANY = 1000;
  private static final int PIECE = 100;
  private static final long SEED = 17;
  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final Map<String, String> SETTINGS =
      Map.of(
          "model.layers", "[4, 40, 3]",
          "model.optimizer.type", "adam",
          "model.learning-rate.initial", "0.01",
          "model.input-scaling", "standardize");
  private static final ModelSpec CONFIG = config(SETTINGS);

  private final Changelog changelog = new Changelog();
  private final Training training = new Training(CONFIG, SEED);
  private final int pieces = ChangelogLayout.pieces(training.bytes().length, PIECE);
  private long now = -SECOND; // a clock may begin anywhere
  private boolean ending;
  private WeightsStore store = open(changelog);

  @Test
  void theFirstCommitWritesTheStateAndTheNextOnesTheBatches() {
    commit(3);
    assertThat(slots(0)).hasSize(pieces).doesNotContain(ChangelogLayout.JOURNAL);

    int before = changelog.length();
    now += 9 * SECOND;
    commit(2);

    assertThat(slots(before)).containsOnly(ChangelogLayout.JOURNAL).hasSizeLessThan(5);
    assertThat(store.isLeftUnsettled()).isTrue();
  }

  @Test
  void aStateGoesOutEveryTenSecondsSomePiecesACommitAndThenItsBatchesGo() {
    commit(1);
    commit(2);
    waitAlmost(10);
    int before = changelog.length();
    now += SECOND / 20;
    int commits = (pieces + LargeModel.PIECES_A_FLUSH - 1) / LargeModel.PIECES_A_FLUSH;
    assertThat(commits).isGreaterThan(3);

    for (int i = 1; i < commits; i++) {
      commit(1);
    }
    assertThat(values(before)).doesNotContainNull();
    assertThat(store.isLeftUnsettled()).isTrue();
    commit(0); // the last pieces

    assertThat(states(before)).isEqualTo(pieces);
    assertThat(values(before)).containsNull(); // the first 3 batches are in the state
    assertThat(journalled()).isEqualTo(commits - 2);
  }

  @Test
  void whereCommitsAreFarApartAStateIsOutInTimeAllTheSame() {
    commit(1);
    waitAlmost(10);
    int before = changelog.length();
    now += 60 * SECOND;
    commit(1); // begins
    long begun = LargeModel.PIECES_A_FLUSH;
    assertThat(states(before)).isEqualTo(begun);
    now += 5 * SECOND;
    commit(0);
    assertThat(states(before)).isBetween(begun + pieces / 2 - 1, begun + pieces / 2 + 1);
    now += 5 * SECOND;
    commit(0);

    assertThat(store.isLeftUnsettled()).isFalse();
    assertRestored(changelog.length(), training.bytes());
  }

  @Test
  void aStateBeginsBeforeItsTimeIfTheJournalIsLonger() {
    commit(1);
    int commits = 0;
    while (!beginsAfter(1)) {
      commits++;
      assertThat(commits).as("commits without a state").isLessThan(1000);
    }
    int batch = 72 + 5 * 5; // on average
    assertThat(commits).isBetween(pieces * PIECE / batch / 2, pieces * PIECE / batch * 2);
  }

  @Test
  void manyBatchesInOneCommitAreWrittenAsTheState() {
    commit(1);
    int before = changelog.length();

    commit(500);

    assertThat(slots(before)).hasSize(pieces).doesNotContain(ChangelogLayout.JOURNAL);
    assertThat(store.isLeftUnsettled()).isFalse();
    assertRestored(changelog.length(), training.bytes());
  }

  @Test
  void anOrderlyEndWritesTheStateAndLeavesNoJournal() {
    commit(1);
    waitAlmost(10);
    now += SECOND / 20;
    commit(2); // a state has begun
    ending = true;
    store.write(ending);

    assertThat(journalled()).isZero();
    assertThat(store.isLeftUnsettled()).isFalse();
    assertRestored(changelog.length(), training.bytes());
    int before = changelog.length();
    commit(1);
    assertThat(slots(before)).doesNotContain(ChangelogLayout.JOURNAL);
    commit(0);
    assertThat(journalled()).isZero();
  }

  @Test
  void aStateOfLayout1IsFollowedByNoBatches() throws IOException {
    byte[] value = StoredSample.read(1).valueBytes();
    byte[] bytes = Arrays.copyOfRange(value, 12, value.length); // after the piece's header
    new StateWriter("m", (byte) 1, 5, bytes, PIECE).write(changelog.store(), MANY);
    store = open(changelog);
    ModelEntry model = Objects.requireNonNull(store.get("m", StoredSample::learner));
    int before = changelog.length();

    store.put("m", model, training.step());
    store.write(ending);

    assertThat(slots(before)).hasSizeGreaterThan(1).containsOnly((byte) 0);
    assertThat(
            ModelCodec.encode(
                Objects.requireNonNull(
                    changelog.image(changelog.length()).get("m", StoredSample::learner))))
        .isEqualTo(ModelCodec.encode(model));
  }

  @Test
  void aModelWithAJournalStaysInMemory() {
    store = new WeightsStore(changelog.store(), 0, PIECE, () -> now);
    commit(1);
    assertThat(store.get("m", () -> new Learner(CONFIG))).isNotSameAs(training.model());
    commit(1);
    ModelEntry live = store.get("m", () -> new Learner(CONFIG));
    assertThat(live).isSameAs(training.model());

    ending = true;
    store.write(ending);
    assertThat(store.get("m", () -> new Learner(CONFIG))).isNotSameAs(live);
  }

  /** Every commit is a point to go on from, for whoever reads the changelog and for the store. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void fromEveryCommitTheModelIsRestoredAndGoesOnToTheSameBits(long seed) {
    List<Integer> lengths = new ArrayList<>();
    List<byte[]> models = new ArrayList<>();
    Random random = new Random(seed);
    for (int commit = 0; commit < 120; commit++) {
      now += random.nextInt(5) == 0 ? random.nextLong(11 * SECOND) : SECOND / 20;
      commit(random.nextInt(4));
      if (changelog.length() > 0) {
        lengths.add(changelog.length());
        models.add(training.bytes());
      }
    }
    byte[] last = training.bytes();
    long batches = training.model().lineage().offset();
    assertThat(values(0))
        .containsNull()
        .allMatch(value -> value == null || value.length <= PIECE + 12);

    for (int i = 0; i < lengths.size(); i++) {
      assertRestored(lengths.get(i), models.get(i));
      goOn(lengths.get(i), batches, random, last);
    }
  }

  /** The update that diverges goes back to weights that no batch of the journal has. */
  @Test
  void aModelThatDivergesIsRestoredFromEveryCommit() {
    Map<String, String> exploding = new java.util.HashMap<>(SETTINGS);
    exploding.put("model.optimizer.type", "momentum");
    exploding.put("model.learning-rate.initial", "10");
    ModelSpec config = config(exploding);
    Training diverging = new Training(config, SEED);
    int learned = 0;
    int commits = 0;
    for (; commits < 200 && !diverging.model().state().progress().diverged; commits++) {
      diverging.step(store);
      store.write(ending);
      ModelEntry restored = changelog.image(changelog.length()).get("m", () -> new Learner(config));
      assertThat(ModelCodec.encode(Objects.requireNonNull(restored))).isEqualTo(diverging.bytes());
      learned = Math.max(learned, Math.toIntExact(restored.state().version()));
    }

    assertThat(diverging.model().state().progress().diverged).isTrue();
    assertThat(journalled()).isEqualTo(commits - 1);
    assertThat(learned).isGreaterThan(2);
  }

  /** A crash under at-least-once may cut the changelog anywhere. */
  @ParameterizedTest
  @ValueSource(longs = {4, 5})
  void fromEveryRecordAModelBetweenTwoCommitsIsRestored(long seed) {
    List<byte[]> models = new ArrayList<>(); // after each batch
    List<Integer> committed = new ArrayList<>(); // batches, by changelog length
    Random random = new Random(seed);
    for (int commit = 0; commit < 60; commit++) {
      now += random.nextInt(5) == 0 ? 11 * SECOND : SECOND / 20;
      int before = models.size();
      for (int batch = commit == 0 ? 1 : random.nextInt(4); batch > 0; batch--) {
        training.step(store);
        models.add(training.bytes());
      }
      store.write(ending);
      while (committed.size() < changelog.length()) {
        committed.add(before);
      }
    }
    byte[] last = training.bytes();
    for (int length = pieces; length < changelog.length(); length++) {
      ModelEntry restored = restored(length);
      int learned = Math.toIntExact(restored.lineage().offset()) + 1;
      assertThat(learned).isGreaterThanOrEqualTo(committed.get(length));
      assertThat(ModelCodec.encode(restored)).isEqualTo(models.get(learned - 1));
      goOn(length, models.size() - 1, random, last);
    }
  }

  /** Goes on from the first records of the changelog, up to a batch, in other commits. */
  private void goOn(int length, long lastBatch, Random random, byte[] last) {
    Changelog cut = new Changelog(changelog, length);
    WeightsStore other = open(cut);
    ModelEntry restored = Objects.requireNonNull(other.get("m", () -> new Learner(CONFIG)));
    Training rest = new Training(CONFIG, SEED, restored);
    boolean first = true;
    while (rest.model().lineage().offset() < lastBatch) {
      rest.step(other);
      if (random.nextBoolean()) {
        other.write(ending);
        if (first) { // with what a crash has left around it
          assertThat(restored(cut)).isEqualTo(rest.bytes());
          first = false;
        }
      }
    }
    other.write(ending);
    assertThat(rest.bytes()).isEqualTo(last);
    assertThat(restored(cut)).isEqualTo(last);
  }

  private static byte[] restored(Changelog records) {
    ChangelogView image = records.image(records.length());
    return ModelCodec.encode(Objects.requireNonNull(image.get("m", () -> new Learner(CONFIG))));
  }

  @Test
  void aBatchThatIsMissingInTheMiddleIsAnError() {
    commit(1);
    for (int i = 0; i < 4; i++) {
      commit(1);
    }
    List<Bytes> journal =
        changelog.from(0).stream()
            .map(record -> record.key)
            .filter(key -> slot(key) == ChangelogLayout.JOURNAL)
            .toList();
    changelog.store().delete(journal.get(0));

    assertThatThrownBy(() -> restored(changelog.length()))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageContaining("\"m\"")
        .hasMessageContaining("the one before it is missing");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.learning-rate.initial=0.02",
        "model.optimizer.beta1=0.8",
        "model.optimizer.weight-decay=0.01"
      })
  void aBatchOfWhichSomethingElseComesNowIsAnError(String setting) {
    commit(1);
    commit(1); // a single one: what it changed is seen by no later one
    Map<String, String> changed = new java.util.HashMap<>(SETTINGS);
    changed.put(setting.split("=", 2)[0], setting.split("=", 2)[1]);

    assertThatThrownBy(
            () -> changelog.image(changelog.length()).get("m", () -> new Learner(config(changed))))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageContaining("model \"m\"")
        .hasMessageContaining("partition 3, offset 1")
        .hasMessageContaining("gracefully (SIGTERM)");
  }

  @Test
  void aJournalOfAModelOfAnotherShapeIsAnErrorBeforeAnythingIsLearned() {
    commit(1);
    commit(1);
    Map<String, String> changed = new java.util.HashMap<>(SETTINGS);
    changed.put("model.layers", "[4, 41, 3]");

    assertThatThrownBy(
            () -> changelog.image(changelog.length()).get("m", () -> new Learner(config(changed))))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageContaining("[4, 41, 3]");
  }

  private void commit(int batches) {
    for (int i = 0; i < batches; i++) {
      training.step(store);
    }
    store.write(ending);
  }

  /** Lets time pass but for the last moment, with commits of nothing as often as usual. */
  private void waitAlmost(int seconds) {
    for (int i = 1; i < 20 * seconds; i++) {
      now += SECOND / 20;
      commit(0);
    }
  }

  /** Whether another commit begins a state. */
  private boolean beginsAfter(int batches) {
    int before = changelog.length();
    commit(batches);
    return slots(before).stream().anyMatch(slot -> slot != ChangelogLayout.JOURNAL);
  }

  private WeightsStore open(Changelog records) {
    return new WeightsStore(records.store(), MANY, PIECE, () -> now);
  }

  private ModelEntry restored(int length) {
    return Objects.requireNonNull(changelog.image(length).get("m", () -> new Learner(CONFIG)));
  }

  private void assertRestored(int length, byte[] expected) {
    assertThat(ModelCodec.encode(restored(length))).isEqualTo(expected);
    WeightsStore other = open(new Changelog(changelog, length));
    assertThat(ModelCodec.encode(Objects.requireNonNull(other.get("m", () -> new Learner(CONFIG)))))
        .isEqualTo(expected);
  }

  /** The slots of the records from one on. */
  private List<Byte> slots(int start) {
    return changelog.from(start).stream().map(record -> slot(record.key)).toList();
  }

  /** How many records from one on are pieces of a state. */
  private long states(int start) {
    return slots(start).stream().filter(slot -> slot != ChangelogLayout.JOURNAL).count();
  }

  private List<byte[]> values(int start) {
    return changelog.from(start).stream().map(record -> record.value).toList();
  }

  /** The batches in the journal as it is. */
  private long journalled() {
    try (var pieces =
        changelog
            .store()
            .range(
                Bytes.wrap(ChangelogLayout.first("m").bytes()),
                Bytes.wrap(ChangelogLayout.last("m").bytes()))) {
      List<KeyValue<Bytes, byte[]>> all = new ArrayList<>();
      pieces.forEachRemaining(all::add);
      return all.stream()
          .filter(piece -> slot(piece.key) == ChangelogLayout.JOURNAL)
          .map(piece -> ChangelogLayout.generation(piece.value))
          .distinct()
          .count();
    }
  }

  private static byte slot(Bytes key) {
    return ChangelogLayout.slot(Key.of(key.get()));
  }

  private static ModelSpec config(Map<String, String> settings) {
    return ConfigLoader.load(null, Map.of(), settings).model();
  }
}
