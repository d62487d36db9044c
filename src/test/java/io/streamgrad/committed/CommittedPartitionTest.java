package io.streamgrad.committed;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What others see of a partition's models, and when. */
class CommittedPartitionTest {
  private static final ModelSpec SPEC =
      ConfigLoader.load(null, Map.of(), Map.of("model.layers", "[4, 5, 3]")).model("any");
  private static final long BYTES = 2 * 4 * (4 * 5 + 5 + 5 * 3 + 3); // of a copy

  private final AtomicLong clock = new AtomicLong();
  private final Learner learner = new Learner(SPEC);
  private final Map<String, ModelEntry> live = new HashMap<>();
  private boolean averages = true;
  private CommittedModels models = new CommittedModels(clock::get, 1 << 20, Duration.ofMinutes(1));
  private CommittedPartition partition = models.partition(0);

  @Test
  void whatIsLearnedIsSeenOnceTheCommitIsThrough() throws Exception {
    partition.begin();
    learn("a");
    CompletableFuture<Reading> asked = models.ask("a", 0);
    partition.idle(this::live); // there is something to commit
    partition.beforeCommit(this::live);
    assertThat(asked).isNotDone();

    partition.committed();

    assertThat(found(asked).version()).isEqualTo(1);
    learn("a");
    assertThat(found(models.ask("a", 0)).version()).isEqualTo(1);
    partition.beforeCommit(this::live);
    assertThat(found(models.ask("a", 0)).version()).isEqualTo(1);
    partition.committed();
    assertThat(found(models.ask("a", 0)).version()).isEqualTo(2);
    assertThat(found(models.ask("a", 0)).lineage().offset()).isEqualTo(2);
  }

  @Test
  void aCommitThatDidNotComeThroughShowsNothing() throws Exception {
    partition.begin();
    learnAndCommit("a");
    CompletableFuture<Reading> first = models.ask("a", 0);
    partition.idle(this::live);
    assertThat(found(first).version()).isEqualTo(1);
    learn("a");
    partition.beforeCommit(this::live);
    learn("a"); // it was tried again later

    partition.committed(); // of others

    assertThat(found(models.ask("a", 0)).version()).isEqualTo(1);
  }

  @Test
  void aModelThatIsAskedForWhileNothingComesIsThereAtOnce() throws Exception {
    partition.begin();
    learnAndCommit("a");
    CompletableFuture<Reading> asked = models.ask("a", 0);
    assertThat(models.isAwaited()).isTrue();

    partition.idle(this::live);

    assertThat(found(asked).version()).isEqualTo(1);
    assertThat(models.isAwaited()).isFalse();
    assertThat(models.ask("a", 0)).isDone();
  }

  @Test
  void aCopyDoesNotChangeAndPredictsToTheSameBits() throws Exception {
    partition.begin();
    for (int i = 0; i < 100; i++) {
      learn("a");
    }
    CompletableFuture<Reading> asked = models.ask("a", 0);
    partition.beforeCommit(this::live);
    partition.committed();
    MiniBatch batch = batch(7);
    Prediction then = learner.predict(entry("a").state(), batch);
    learn("a");

    Prediction read = found(asked).predict(new Learner(SPEC), batch);

    assertThat(read.probabilities()).containsExactly(then.probabilities());
    assertThat(read.version()).isEqualTo(then.version()).isEqualTo(100);
    assertThat(learner.predict(entry("a").state(), batch).probabilities())
        .isNotEqualTo(then.probabilities());
  }

  @Test
  void aModelThatIsNotThereIsMissingAndTakesNoPlace() throws Exception {
    partition.begin();
    CompletableFuture<Reading> asked = models.ask("nobody", 0);
    partition.idle(this::live);

    assertThat(get(asked)).isEqualTo(new Reading.Missing());
    assertThat(partition.slots()).isEmpty();
  }

  @Test
  void whereTheTaskIsAwayTheLastCopyIsReadAndItsAgeIsTold() throws Exception {
    partition.begin();
    learnAndCommit("a");
    CompletableFuture<Reading> first = models.ask("a", 0);
    partition.idle(this::live);
    get(first);
    partition.end();
    clock.addAndGet(TimeUnit.SECONDS.toNanos(7));

    assertThat(get(models.ask("a", 0)))
        .isEqualTo(new Reading.Found(found(first), Duration.ofSeconds(7)));
    assertThat(get(models.ask("b", 0))).isInstanceOf(Reading.Unavailable.class);

    partition.begin();
    CompletableFuture<Reading> again = models.ask("a", 0);
    partition.idle(this::live);
    assertThat(get(again)).isEqualTo(new Reading.Found(found(first), Duration.ZERO));
  }

  @Test
  void whatNobodyAsksForIsCopiedNoMoreAndThenTheNewestIsAwaited() throws Exception {
    partition.begin();
    learnAndCommit("a");
    CompletableFuture<Reading> first = models.ask("a", 0);
    partition.idle(this::live);
    get(first);
    clock.addAndGet(TimeUnit.MINUTES.toNanos(1));
    learnAndCommit("a");

    CompletableFuture<Reading> again = models.ask("a", 0);

    assertThat(again).isNotDone();
    partition.idle(this::live);
    assertThat(found(again).version()).isEqualTo(2);
  }

  /** Each read of the clock takes a millisecond, and so each round of copies. */
  @Test
  void copiesTakeAFiftiethOfTheTimeAtMost() throws Exception {
    models =
        new CommittedModels(
            () -> clock.getAndAdd(TimeUnit.MILLISECONDS.toNanos(1)),
            1 << 20,
            Duration.ofMinutes(1));
    partition = models.partition(0);
    partition.begin();
    Set<Long> copied = new HashSet<>(); // versions
    learn("a");
    CompletableFuture<Reading> unused = models.ask("a", 0);
    for (int i = 0; i < 100; i++) {
      partition.beforeCommit(this::live);
      partition.committed();
      CommittedModel copy = partition.slots().iterator().next().copy();
      copied.add(copy == null ? -1 : copy.version());
      learn("a");
    }
    assertThat(copied).hasSizeBetween(2, 20); // some five reads a commit
  }

  /** As a long collection of garbage does, or a machine that stands still. */
  @Test
  void aPauseThatFellIntoACopyKeepsNobodyWaitingForLong() throws Exception {
    partition.begin();
    learnAndCommit("a");
    learnAndCommit("b");
    CompletableFuture<Reading> unused = models.ask("a", 0);
    partition.idle(
        name -> {
          clock.addAndGet(TimeUnit.MINUTES.toNanos(1));
          return live(name);
        });
    CompletableFuture<Reading> asked = models.ask("b", 0);
    partition.idle(this::live);
    assertThat(asked).isNotDone();

    clock.addAndGet(TimeUnit.SECONDS.toNanos(2));
    partition.idle(this::live);

    assertThat(found(asked).version()).isEqualTo(1);
  }

  @Test
  void aCommitThatDoesNotComeIsNotWaitedForWithoutEnd() throws Exception {
    models = new CommittedModels(clock::get, 1 << 20, Duration.ofMillis(50));
    partition = models.partition(0);
    partition.begin();
    learn("a");

    assertThat(get(models.ask("a", 0)))
        .isInstanceOfSatisfying(
            Reading.Unavailable.class,
            late -> assertThat(late.reason()).contains("no commit came within"));
    assertThat(models.isAwaited()).isFalse();
    assertThat(partition.slots()).isEmpty();
  }

  @Test
  void copiesTakeABoundedPartOfMemoryAndThoseAskedForLastStay() throws Exception {
    models = new CommittedModels(clock::get, 3 * BYTES, Duration.ofMinutes(1));
    partition = models.partition(0);
    partition.begin();
    for (String name : new String[] {"a", "b", "c", "d", "e"}) {
      learnAndCommit(name);
      clock.incrementAndGet();
      CompletableFuture<Reading> asked = models.ask(name, 0);
      partition.idle(this::live);
      get(asked);
    }
    assertThat(partition.slots()).extracting(slot -> slot.name).containsOnly("c", "d", "e");
  }

  @Test
  void oneRoundOfCopiesTakesABoundedPartOfMemoryAndTheRestFollows() throws Exception {
    models = new CommittedModels(clock::get, 8 * BYTES, Duration.ofMinutes(1));
    partition = models.partition(0);
    partition.begin();
    List<CompletableFuture<Reading>> asked = new ArrayList<>();
    for (String name : new String[] {"a", "b", "c", "d", "e"}) {
      learn(name);
      asked.add(models.ask(name, 0));
    }
    for (long done : new long[] {2, 4, 5}) {
      partition.beforeCommit(this::live);
      partition.committed();
      assertThat(asked.stream().filter(CompletableFuture::isDone)).hasSize((int) done);
      partition.recordCame();
    }
  }

  @Test
  void thePlaceOfAModelThatSomebodyWaitsForIsNotDropped() throws Exception {
    models = new CommittedModels(clock::get, 1, Duration.ofMinutes(1));
    partition = models.partition(0);
    partition.begin();
    learnAndCommit("a");
    get(askedIdle("a"));
    clock.addAndGet(TimeUnit.MINUTES.toNanos(1));
    learnAndCommit("a"); // nobody asked lately
    CompletableFuture<Reading> waits = models.ask("a", 0);
    clock.incrementAndGet();
    CommittedPartition other = models.partition(1);
    other.begin();
    CompletableFuture<Reading> asked = models.ask("b", 1);
    other.idle(name -> live("a"));
    get(asked);

    partition.idle(this::live);

    assertThat(found(waits).version()).isEqualTo(2);
  }

  /** By a command, or in the file while the service was down. */
  @Test
  void onceAveragingIsTurnedOffTheLastWeightsPredictAtOnce() throws Exception {
    partition.begin();
    learnAndCommit("a");
    ModelState state = entry("a").state();
    MiniBatch batch = batch(7);
    float[] averaged = learner.predictUnchanged(state, batch).logits();
    assertThat(found(askedIdle("a")).predict(learner, batch).logits()).isEqualTo(averaged);

    averages = false;
    partition.recordCame();
    partition.beforeCommit(this::live);
    partition.committed();

    float[] plain = found(askedIdle("a")).predict(learner, batch).logits();
    state.keepAverage(false); // as the next batch does
    assertThat(plain)
        .isEqualTo(learner.predictUnchanged(state, batch).logits())
        .isNotEqualTo(averaged);
  }

  private CompletableFuture<Reading> askedIdle(String name) {
    CompletableFuture<Reading> asked = models.ask(name, 0);
    partition.idle(this::live);
    return asked;
  }

  @Test
  void aModelLargerThanTheBoundIsCopiedAllTheSame() throws Exception {
    models = new CommittedModels(clock::get, 1, Duration.ofMinutes(1));
    partition = models.partition(0);
    partition.begin();
    learnAndCommit("a");
    CompletableFuture<Reading> asked = models.ask("a", 0);
    partition.idle(this::live);

    assertThat(found(asked).version()).isEqualTo(1);
    assertThat(partition.slots()).hasSize(1);
  }

  private void learnAndCommit(String name) {
    learn(name);
    partition.beforeCommit(this::live);
    partition.committed();
  }

  private void learn(String name) {
    partition.recordCame();
    ModelEntry before =
        live.computeIfAbsent(name, key -> new ModelEntry(ModelState.initial(SPEC), Lineage.NONE));
    Steps.take(learner, before.state(), batch(before.state().version()));
    live.put(name, new ModelEntry(before.state(), new Lineage(0, before.state().version(), -1)));
  }

  private @Nullable LiveModel live(String name) {
    ModelEntry entry = live.get(name);
    return entry == null ? null : new LiveModel(entry, averages);
  }

  private ModelEntry entry(String name) {
    return Objects.requireNonNull(live.get(name));
  }

  private static MiniBatch batch(long seed) {
    byte[] pixels = new byte[8];
    new Random(seed).nextBytes(pixels);
    return MiniBatch.of(4, pixels, new byte[] {(byte) (seed % 3), 1});
  }

  private static CommittedModel found(CompletableFuture<Reading> asked) throws Exception {
    return ((Reading.Found) get(asked)).model();
  }

  private static Reading get(CompletableFuture<Reading> asked) throws Exception {
    return asked.get(1, TimeUnit.MINUTES);
  }
}
