package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.streams.input.StoredLineage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever the moments of commits, crashes and restarts were: stored states and what is learned
 * again of the log after them are the models, bit for bit.
 */
class RestoreTest {
  private static final int PIECE = 400; // of about 700 bytes is a small model, one of 5 kB large
  private static final int BATCHES = 300;
  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final RecoveryTarget TARGET = new RecoveryTarget(Duration.ofSeconds(10), 600);

  private long memory;
  private long now = -SECOND; // a clock may begin anywhere

  /** Exactly once: a commit is there as a whole or not at all. */
  @ParameterizedTest
  @CsvSource({"1, 5", "2, 1", "3, 20", "4, 60", "5, 5", "6, 1", "7, 20", "8, 60"})
  void givenACrashAfterAnyCommitThenTheModelsAreThoseOfTheCommit(long seed, int longest) {
    TestPartition partition = new TestPartition(models(), BATCHES, seed);
    memory = seed % 2 == 0 ? 5000 : Long.MAX_VALUE; // for some of the models, or all
    Random random = new Random(seed);
    Changelog changelog = new Changelog();
    WeightsStore store = open(changelog);
    store.input().trackPosition(TestPartition.position(0), false);
    boolean wasBehind = false;
    for (long offset = 0; offset < partition.length(); ) {
      long end = Math.min(partition.length(), offset + 1 + random.nextInt(longest));
      for (; offset < end; offset++) {
        partition.learn(store, offset);
        store.input().advance(offset);
      }
      now += random.nextInt(4) * SECOND / 2;
      store.write(random.nextInt(10) == 0 ? Occasion.HANDOVER : Occasion.COMMIT);

      Changelog restored = new Changelog(changelog, changelog.length());
      WeightsStore again = open(restored);
      StoredLineage lineage = StoredLineage.of(again);
      Position position = Objects.requireNonNull(lineage.position());
      assertThat(position.offset()).isEqualTo(offset);
      assertThat(lineage.isOfPosition()).isTrue();
      wasBehind |= position.replayFrom() < position.offset();
      for (long lost = lineage.replayFrom(); lost < position.offset(); lost++) {
        partition.learn(again, lost);
      }
      assertThat(partition.models(again)).isEqualTo(partition.models(offset));
      assertThat(again.models()).isEqualTo(position.models());
      if (random.nextInt(5) == 0) { // and so the crash was
        changelog = restored;
        store = again;
        store.input().trackPosition(TestPartition.position(offset), false);
      }
    }
    assertThat(wasBehind).as("states were behind").isTrue();
  }

  /** At least once: anything may be cut off, and what was not committed comes again. */
  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void givenACrashAfterAnyRecordThenNothingIsLostNorLearnedTwice(long seed) {
    TestPartition partition = new TestPartition(models(), BATCHES, seed);
    Map<String, String> expected = partition.models(partition.length());
    memory = seed % 2 == 0 ? 5000 : Long.MAX_VALUE; // for some of the models, or all
    Random random = new Random(seed);
    Changelog changelog = new Changelog();
    List<Integer> ends = new ArrayList<>(); // of the changelog, by commit
    List<Long> committed = new ArrayList<>();
    WeightsStore store = open(changelog);
    store.input().trackPosition(TestPartition.position(0), true);
    for (long offset = 0; offset < partition.length(); ) {
      long end = Math.min(partition.length(), offset + 1 + random.nextInt(9));
      for (; offset < end; offset++) {
        partition.learn(store, offset);
        store.input().advance(offset);
      }
      now += random.nextInt(4) * SECOND / 2;
      store.write(Occasion.COMMIT);
      ends.add(changelog.length());
      committed.add(offset);
    }
    int commit = 0;
    for (int length = 0; length <= changelog.length(); length++) {
      while (commit < ends.size() && ends.get(commit) <= length) {
        commit++;
      }
      long next = commit == 0 ? 0 : committed.get(commit - 1);
      WeightsStore again = open(new Changelog(changelog, length));
      StoredLineage lineage = StoredLineage.of(again);
      for (long lost = Math.min(next, lineage.replayFrom()); lost < next; lost++) {
        partition.learn(again, lost);
      }
      for (long offset = next; offset < partition.length(); offset++) {
        partition.learn(again, offset);
      }
      assertThat(partition.models(again)).as("after record %d", length).isEqualTo(expected);
    }
  }

  private WeightsStore open(Changelog changelog) {
    WeightsStore store =
        new WeightsStore(changelog.store(), new HeapShare(memory), PIECE, TARGET, () -> now);
    store.swapTo(Changelog.DIRECTORY);
    return store;
  }

  private static Map<String, ModelSpec> models() {
    Map<String, ModelSpec> models = new HashMap<>();
    models.put("a", spec(Map.of("model.layers", "[4, 3, 2]")));
    models.put("b", spec(Map.of("model.layers", "[4, 3, 2]", "model.averaging", "0")));
    models.put(
        "large",
        spec(
            Map.of(
                "model.layers", "[4, 40, 3]",
                "model.optimizer.type", "adam",
                "model.learning-rate.initial", "0.01",
                "model.input-scaling", "standardize",
                "model.drift.detector", "adwin")));
    models.put(
        "again",
        spec(
            Map.of(
                "model.layers", "[4, 3, 2]",
                "model.drift.detector", "two-averages",
                "model.drift.response", "restart-average",
                "model.replay.images", "60",
                "model.replay.shift", "1",
                "model.replay.policy", "balanced")));
    return models;
  }

  private static ModelSpec spec(Map<String, String> settings) {
    return ConfigLoader.load(null, Map.of(), settings).model();
  }
}
