package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.internal.CommitHook;
import io.streamgrad.streams.learn.LearnProcessor;
import io.streamgrad.streams.learn.LearnStep;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.streams.settings.Nodes;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.wire.Decoded;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A Kafka Streams that commits without the hook; here the hook is made to look as if. */
class UnflushedCommitIT extends OracleTests {

  private static final int TRIES = 10;

  /**
   * On a busy machine the thread that says so may come too late for a commit, which is then good.
   */
  @ParameterizedTest
  @EnumSource
  void givenACommitThatDidNotPassTheHookThenTheServiceStopsAndCommitsNothing(
      ProcessingGuarantee guarantee) throws Exception {
    List<Long> committed = new ArrayList<>();
    while (committed.size() < TRIES && !committed.contains(-1L)) {
      committed.add(committedByUnflushed(guarantee, committed.size()));
    }
    assertThat(committed).as("none, at least once").contains(-1L);
  }

  private static long committedByUnflushed(ProcessingGuarantee guarantee, int number)
      throws Exception {
    ServiceConfig config =
        broker.config(
            "unflushed-" + guarantee.kafkaName() + "-" + number,
            Map.of("processing-guarantee", guarantee.kafkaName()));
    AtomicBoolean over = new AtomicBoolean();
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service =
            StreamsService.start(
                config,
                metrics,
                (partitions, tasks) ->
                    () ->
                        new Unflushed(
                            new LearnProcessor(
                                config,
                                partitions,
                                metrics,
                                new LearnStep(config, metrics),
                                tasks,
                                null,
                                LearnProcessor.ON_THE_WAY),
                            over))) {
      broker.send(
          config.topics().images(),
          TestBatches.labeled(3, 1).stream().map(ImageBatch::toByteArray).toList());

      Throwable error = service.awaitStopped();
      assertThat(error).isNotNull();
      assertThat(Failures.message(error)).contains("without having flushed store commit");
    } finally {
      over.set(true);
    }
    return broker.committed(config);
  }

  /** Another thread says again and again that something has come. */
  private record Unflushed(LearnProcessor learn, AtomicBoolean over)
      implements Processor<String, Decoded, String, Object> {
    @Override
    public void init(ProcessorContext<String, Object> context) {
      learn.init(context);
      CommitHook hook = context.getStateStore(Nodes.COMMIT);
      Thread thread =
          new Thread(
              () -> {
                while (!over.get()) {
                  hook.pending();
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    @Override
    public void process(Record<String, Decoded> record) {
      learn.process(record);
    }

    @Override
    public void close() {
      learn.close();
    }
  }
}
