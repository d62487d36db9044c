package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.learner.Learner;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.Decoded;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.processor.internals.ProcessorContextUtils;
import org.apache.kafka.streams.processor.internals.ProcessorRecordContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many batches between two commits; the test driver, which commits after each record, has one. */
@Timeout(60)
class LearnThreadTest {
  private static final String THREAD = "streamgrad-learn-0_0";
  private static final ImageBatch BATCH = TestBatches.labeled(1, 9).get(0);
  private static final int MANY = 10 * LearnQueue.CAPACITY + 3;
  private static final int FAILING = 101;

  @TempDir private Path directory;
  private final Set<String> threads = ConcurrentHashMap.newKeySet();
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicReference<String> metersAtFirst = new AtomicReference<>("");
  private final CountDownLatch processed = new CountDownLatch(1);
  private int failing = -1;

  @Test
  void aCommitHoldsTheOutputsAndTheWeightsOfAllBatchesBeforeIt() {
    Map<String, String> oftenReported =
        Map.of("reports.every-images", Integer.toString(10 * BATCH.getLabels().size()));
    try (TopologyRun run = run(oftenReported)) {
      run.send("a", BATCH);

      List<PredictionBatch> predictions = run.predictions();
      assertThat(predictions)
          .extracting(PredictionBatch::getModelVersion)
          .isEqualTo(LongStream.range(0, MANY).boxed().toList());
      assertThat(run.reports())
          .extracting(MetricsReport::getModelVersion)
          .isEqualTo(LongStream.rangeClosed(1, MANY / 10).mapToObj(i -> 10 * i).toList());
      assertThat(run.raw("streamgrad-weights-changelog")).hasSize(1);
      assertThat(ModelCodec.weightsSha256(run.model("a")))
          .isEqualTo(
              TestBatches.learnedSha256(run.config(), "a", Collections.nCopies(MANY, BATCH)));
      assertThat(threads).containsExactly(THREAD);
    }
  }

  @Test
  void aFailureStopsTheStreamWithItsCauseAndNothingIsLearnedAfterIt() {
    failing = FAILING;
    try (TopologyRun run = run(Map.of())) {
      assertThatThrownBy(() -> run.send("a", BATCH))
          .hasRootCauseMessage("fails on purpose")
          .hasStackTraceContaining("at the record of streamgrad.images-0, offset " + (FAILING - 1));

      assertThat(begun).hasValue(FAILING);
      assertThat(run.predictions()).isEmpty();
    }
  }

  @Test
  void aFailureThatIsMetByACommitLetsNothingBeCommittedAnyMore() {
    failing = MANY;
    TopologyRun run = run(Map.of());

    assertThatThrownBy(() -> run.send("a", BATCH)).hasRootCauseMessage("fails on purpose");

    assertThat(run.predictions()).isEmpty();
    assertThat(run.raw("streamgrad-weights-changelog")).isEmpty();
    assertThatThrownBy(run::close).hasRootCauseMessage("fails on purpose"); // it would commit
  }

  @Test
  void aServiceThatIsClosedLeavesNoThread() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", BATCH);
      assertThat(running()).isTrue();
    }
    Awaitility.await().until(() -> !running());
  }

  @Test
  void atLeastOnceTheStreamThreadForwardsAPredictionBeforeItLearns() {
    try (TopologyRun run = run(Map.of("processing-guarantee", "at_least_once"))) {
      run.send("a", BATCH, System.currentTimeMillis());

      assertThat(run.predictions()).hasSize(MANY);
      assertThat(threads).containsExactly(Thread.currentThread().getName());
      assertThat(metersAtFirst.get()).contains("streamgrad_input_to_prediction_seconds_count 1");
    }
  }

  private TopologyRun run(Map<String, String> overrides) {
    return new TopologyRun(
        directory,
        overrides,
        (config, metrics) ->
            new Repeating(
                new LearnProcessor(
                    config,
                    TopologyRun.partitions(config),
                    metrics,
                    new Watched(config, metrics),
                    new RunningTasks(),
                    null,
                    Duration.ofDays(1))));
  }

  private static boolean running() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals(THREAD));
  }

  /** Each record comes many times, as if at offsets of its own, before the driver commits. */
  private final class Repeating implements Processor<String, Decoded, String, Object> {
    private final LearnProcessor learn;
    private InternalProcessorContext<?, ?> context;

    @SuppressWarnings("NullAway.Init") // init comes before all else
    Repeating(LearnProcessor learn) {
      this.learn = learn;
    }

    @Override
    public void init(ProcessorContext<String, Object> context) {
      this.context = ProcessorContextUtils.asInternalProcessorContext(context);
      learn.init(context);
    }

    @Override
    public void process(Record<String, Decoded> record) {
      ProcessorRecordContext place = context.recordContext();
      for (int i = 0; i < MANY; i++) {
        context.setRecordContext(
            new ProcessorRecordContext(
                place.timestamp(), i, place.partition(), place.topic(), place.headers()));
        learn.process(record);
      }
      context.setRecordContext(place);
      processed.countDown();
    }

    @Override
    public void close() {
      learn.close();
    }
  }

  /** Tells who learns, and what the meters show at first; may fail at one batch. */
  private final class Watched extends LearnStep {
    private final ServiceMetrics metrics;

    Watched(ServiceConfig config, ServiceMetrics metrics) {
      super(config, metrics);
      this.metrics = metrics;
    }

    @Override
    protected UpdateOutcome learn(
        Learner learner,
        ModelState state,
        MiniBatch batch,
        Prediction prediction,
        Evaluation evaluation) {
      threads.add(Thread.currentThread().getName());
      int number = begun.incrementAndGet();
      if (number == 1) {
        metersAtFirst.set(metrics.scrape());
      }
      if (number == failing) {
        if (failing == MANY) {
          await();
        }
        throw new IllegalStateException("fails on purpose");
      }
      return super.learn(learner, state, batch, prediction, evaluation);
    }

    private void await() {
      try {
        processed.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
