package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.EarlierSettings;
import io.streamgrad.format.changelog.Key;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.recovery.RecoveredModel;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which states a commit writes. */
class StateWritesTest {
  static final RecoveryTarget EVERYTHING = new RecoveryTarget(Duration.ZERO);

  private static final RecoveryTarget TARGET = new RecoveryTarget(Duration.ofSeconds(10));
  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final int PIECE = 64 << 10;
  private static final ModelSpec SMALL = spec("[4, 3, 2]");
  private static final ModelSpec OF_300_KB = spec("[784, 32, 2]"); // weights, average, last good

  private final Changelog changelog = new Changelog();
  private HeapShare memory = HeapShare.unlimited();
  private long now = -SECOND;
  private long offset;

  @Test
  void aStateIsWrittenWhenItHasBeenBehindByTheTargetAndNotAgainBeforeItIsAgain() {
    WeightsStore store = store(TARGET);
    assertThat(commit(store, "a")).isEmpty();
    for (int i = 0; i < 9; i++) {
      now += SECOND;
      assertThat(commit(store, "a")).isEmpty();
    }
    now += SECOND;
    assertThat(commit(store, "a")).containsExactly("a");
    assertThat(store.isBehind()).isFalse();
    for (int i = 0; i < 10; i++) {
      now += SECOND;
      assertThat(commit(store, "a")).isEmpty();
    }
    now += SECOND;
    assertThat(commit(store)).containsExactly("a");
  }

  @Test
  void aPositionNamesTheFirstBatchThatAStateLacks() {
    WeightsStore store = store(TARGET);
    commit(store, "a");
    now += 5 * SECOND;
    commit(store, "b", "a", "b");
    assertThat(position(store).replayFrom()).isEqualTo(0);
    assertThat(position(store).offset()).isEqualTo(4);
    now += 6 * SECOND;
    assertThat(commit(store)).containsExactly("a");
    assertThat(position(store).replayFrom()).isEqualTo(1);
    now += 6 * SECOND;
    assertThat(commit(store)).containsExactly("b");
    assertThat(position(store).replayFrom()).isEqualTo(position(store).offset());
  }

  @Test
  void theOldestGoFirstAndNoMoreThanACommitMayWrite() {
    WeightsStore store = store(TARGET);
    String[] names = new String[20];
    for (int i = 0; i < names.length; i++) {
      names[i] = "m" + (char) ('a' + i);
    }
    commit(store, OF_300_KB, names);
    pass(store, 10);
    List<String> first = commit(store);
    now += SECOND / 20;
    List<String> second = commit(store);

    assertThat(first).hasSizeBetween(3, 5);
    assertThat(second)
        .hasSizeBetween(3, 5)
        .doesNotContainAnyElementsOf(first.subList(0, first.size() - 1)); // a part of the last
    assertThat(first.get(0)).isLessThan(second.get(0));
    int commits = 2;
    while (store.isBehind()) {
      now += SECOND / 20;
      assertThat(commit(store)).hasSizeLessThanOrEqualTo(5);
      assertThat(++commits).isLessThan(10);
    }
  }

  /**
   * Memory that nobody has touched yet is slow: a large state would make that commit a long one.
   */
  @Test
  void theCommitThatBeginsALargeStateAllocatesNoMoreThanItWrites() {
    WeightsStore store = store(TARGET);
    ModelSpec large = spec("[784, 4096, 2]");
    commit(store, large, "a");
    pass(store, 9);
    now += SECOND;
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    store.write(Occasion.COMMIT);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;

    assertThat(store.isBehind()).isTrue(); // a part was written
    assertThat(allocated).isLessThan(ModelCodec.sizeOfNew(large));
  }

  /** Of many that have learned little it costs less to learn it again than to write them all. */
  @Test
  void wherePartOfTheTimeIsSpentLearningManyModelsAreWrittenAtABoundedPaceOrAtThatOfLearning() {
    RecoveryTarget target = new RecoveryTarget(Duration.ofSeconds(10));
    long second = SECOND;
    long gigabyte = 1 << 30;
    assertThat(target.bytes(gigabyte / 10, second, 0)).as("16 MB/s").isEqualTo(3 * gigabyte / 200);
    assertThat(target.bytes(gigabyte, second, 0)).isEqualTo(20 << 20);
    assertThat(target.bytes(gigabyte, second, second / 10)).isEqualTo(20 << 20);
    assertThat(target.bytes(gigabyte, second, second / 2)).isEqualTo(3 * gigabyte / 40);
    assertThat(target.bytes(gigabyte, second, second)).isEqualTo(3 * gigabyte / 20);
    assertThat(target.bytes(gigabyte, 20 * second, 20 * second)).isEqualTo(3 * gigabyte / 2);
    assertThat(target.bytes(10, second, second)).isEqualTo(1 << 20);
  }

  /** As if there had been commits all the time, all of it would be written at once. */
  @Test
  void whatWasLearnedAgainIsNotWrittenAllAtOnceHoweverLongItTook() {
    WeightsStore store = store(TARGET);
    String[] names = new String[20];
    Arrays.setAll(names, i -> "m" + (char) ('a' + i));
    for (String name : names) {
      put(store, name, OF_300_KB);
    }
    now += 30 * SECOND;
    store.spent(30 * SECOND);
    store.learnedAgain();
    now += SECOND / 20;
    assertThat(commit(store)).hasSizeBetween(3, 5);
  }

  /** What they lack was learned with the old ones, and from then on with the new ones. */
  @Test
  void whereSettingsAreNewNothingStaysBehind() {
    WeightsStore store = store(TARGET);
    EarlierSettings before = new EarlierSettings(Uuid.ONE_UUID.toString(), 2, "old");
    store.input().changeSettings("old", null);
    assertThat(commit(store, "a")).as("none were known before").isEmpty();
    store.input().changeSettings("old", null);
    assertThat(commit(store, "b")).isEmpty();
    store.input().changeSettings("new", before);
    assertThat(commit(store, "b")).containsExactly("a", "b");
    assertThat(store.input().settings()).isEqualTo("new");
    assertThat(store.input().earlierSettings()).containsExactly(before);
    assertThat(commit(store, "b")).isEmpty();
  }

  @Test
  void withoutATargetEachCommitWritesAllThatChanged() {
    WeightsStore store = store(EVERYTHING);
    assertThat(commit(store, "a", "b", "a")).containsExactly("a", "b");
    assertThat(commit(store, "b")).containsExactly("b");
    assertThat(commit(store)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = "COMMIT", mode = EnumSource.Mode.EXCLUDE)
  void whereNoOtherCommitMayFollowAllGoes(Occasion occasion) {
    WeightsStore store = store(TARGET);
    commit(store, "a", "b");
    int before = changelog.length();
    store.write(occasion);
    assertThat(models(before)).containsExactly("a", "b");
    assertThat(store.isBehind()).isFalse();
  }

  @Test
  void aLargeStateGoesOutSomePiecesACommitAndIsThatOfTheCommitItBeganWith() {
    ModelSpec large = spec("[784, 512, 2]");
    WeightsStore store = store(TARGET);
    commit(store, large, "m");
    pass(store, 10);
    int before = changelog.length();
    int commits = 0;
    long begun = offset;
    while (position(store).replayFrom() == 0) {
      commit(store, large, "m");
      assertThat(pieces(before)).isLessThanOrEqualTo(17L * (commits + 1));
      assertThat(commits++).isLessThan(10);
      now += SECOND / 20;
    }
    assertThat(commits).isGreaterThan(2);
    assertThat(position(store).replayFrom()).isEqualTo(begun + 1);
    ModelEntry stored = Objects.requireNonNull(changelog.image(changelog.length()).get("m"));
    assertThat(stored.lineage().offset()).isEqualTo(begun);
    assertThat(stored.state().version()).isEqualTo(begun);
  }

  /** Else whoever makes up names would fill the memory, or the changelog. */
  @Test
  void whereMemoryIsShortModelsLeaveItAndNothingIsWrittenBeforeItsTime() {
    memory = new HeapShare(1_000_000);
    WeightsStore store = store(TARGET);
    store.forEach((name, model) -> {});
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 50; i++) {
        assertThat(commit(store, OF_300_KB, "m" + i)).isEmpty();
        memory.add(-300_000);
        assertThat(memory.isExceeded()).as("by more than the model in use").isFalse();
        memory.add(300_000);
      }
    }
    assertThat(store.names()).hasSize(50);
    long models = store.models();
    pass(store, 10);
    while (store.isBehind()) {
      commit(store);
      now += SECOND / 20;
    }
    WeightsStore again = store(TARGET);
    for (int i = 0; i < 50; i++) {
      assertThat(Objects.requireNonNull(again.get("m" + i)).state().version()).isEqualTo(2);
      assertThat(Objects.requireNonNull(store.get("m" + i)).lineage().offset()).isEqualTo(100 + i);
    }
    assertThat(again.models()).isEqualTo(models);

    again.forget();
    store.forget();
    memory.add(1_000_000);
    assertThat(memory.isExceeded()).as("all of it was given back").isFalse();
  }

  @Test
  void aModelThatComesAndGoesHasOnePlaceInTheFile() {
    Blocks file = new Blocks(new HeapShare(0));
    file.open(Changelog.DIRECTORY);
    ModelEntry entry = model(OF_300_KB, 0, 0);
    LiveModel model = new LiveModel("m", RecoveredModel.first(entry), PIECE);
    for (int i = 0; i < 10; i++) {
      model.swapOut(file, new ReusableBuffer());
      model.swapIn(file);
    }
    assertThat(ModelCodec.encode(model.model())).isEqualTo(ModelCodec.encode(entry));
    assertThat(file.put(new byte[1], null).offset())
        .as("the end of the file")
        .isLessThan(2L * ModelCodec.size(entry));
    file.close();
  }

  /** And the batches that it learns meanwhile are the next state's. */
  @Test
  void aLargeStateOnItsWayStaysAsItWasWhenTheModelLeavesMemory() {
    ModelSpec large = spec("[784, 512, 2]");
    memory = new HeapShare(1000);
    WeightsStore store = store(TARGET);
    commit(store, large, "m", "n");
    pass(store, 10);
    commit(store); // a part of m
    commit(store, large, "n", "m", "n", "m");
    while (position(store).replayFrom() == 0) {
      commit(store);
      now += SECOND / 20;
    }
    ModelEntry stored = Objects.requireNonNull(changelog.image(changelog.length()).get("m"));
    assertThat(ModelCodec.encode(stored)).isEqualTo(ModelCodec.encode(model(large, 0, 0)));
    store.write(Occasion.ALL);
    stored = Objects.requireNonNull(changelog.image(changelog.length()).get("m"));
    assertThat(ModelCodec.encode(stored)).isEqualTo(ModelCodec.encode(model(large, 2, 5)));
  }

  /** Its pieces would otherwise make up a whole state with those of the next one. */
  @Test
  void whatACrashLeftOfALargeStateIsNotMixedWithTheNextOne() {
    ModelSpec large = spec("[784, 512, 2]");
    WeightsStore store = store(TARGET);
    commit(store, large, "m");
    store.write(Occasion.ALL);
    commit(store, large, "m");
    pass(store, 10);
    commit(store, large, "m"); // a part of it
    assertThat(store.isBehind()).isTrue();

    Changelog restored = new Changelog(changelog, changelog.length());
    WeightsStore again = new WeightsStore(restored.store(), memory, PIECE, TARGET, () -> now);
    again.input().trackPosition(TestPartition.position(offset), false);
    ModelEntry model = Objects.requireNonNull(again.get("m"));
    assertThat(model.lineage().offset()).isEqualTo(0);
    put(again, "m", large);
    now += 10 * SECOND - SECOND / 20;
    again.write(Occasion.COMMIT);
    now += SECOND / 20;
    while (again.isBehind()) {
      again.write(Occasion.COMMIT);
      ModelEntry stored = Objects.requireNonNull(restored.image(restored.length()).get("m"));
      ModelEntry expected = again.isBehind() ? model(large, 0, 0) : again.get("m");
      assertThat(ModelCodec.encode(stored)).isEqualTo(ModelCodec.encode(expected));
      now += SECOND / 20;
    }
  }

  /** Time passes, with a commit shortly before: how much one writes goes by the time since. */
  private void pass(WeightsStore store, long seconds) {
    now += seconds * SECOND - SECOND / 20;
    commit(store);
    now += SECOND / 20;
  }

  /** Models that learn from a batch each, and a commit; the names of those that it writes. */
  private List<String> commit(WeightsStore store, String... names) {
    return commit(store, SMALL, names);
  }

  private List<String> commit(WeightsStore store, ModelSpec spec, String... names) {
    for (String name : names) {
      put(store, name, spec);
    }
    int before = changelog.length();
    store.write(Occasion.COMMIT);
    return models(before);
  }

  private void put(WeightsStore store, String name, ModelSpec spec) {
    ModelEntry before = store.get(name);
    long version = before == null ? 0 : before.state().version() + 1;
    store.put(name, model(spec, version, offset));
    store.input().advance(offset++);
  }

  private static ModelEntry model(ModelSpec spec, long version, long offset) {
    ModelState state = ModelState.initial(spec);
    state.progress().version = version;
    return new ModelEntry(state, new Lineage(3, offset, 0));
  }

  private List<String> models(int from) {
    return changelog.from(from).stream()
        .filter(StateWritesTest::isOfModel)
        .map(record -> ChangelogLayout.model(Key.of(record.key.get())))
        .distinct()
        .toList();
  }

  private long pieces(int from) {
    return changelog.from(from).stream().filter(StateWritesTest::isOfModel).count();
  }

  private static boolean isOfModel(KeyValue<Bytes, byte @Nullable []> record) {
    return ChangelogLayout.isModel(Key.of(record.key.get()));
  }

  private static Position position(WeightsStore store) {
    return Objects.requireNonNull(store.input().position());
  }

  private WeightsStore store(RecoveryTarget target) {
    WeightsStore store = new WeightsStore(changelog.store(), memory, PIECE, target, () -> now);
    store.swapTo(Changelog.DIRECTORY);
    store.input().trackPosition(TestPartition.position(0), false);
    return store;
  }

  private static ModelSpec spec(String layers) {
    return ConfigLoader.load(null, Map.of(), Map.of("model.layers", layers)).model();
  }
}
