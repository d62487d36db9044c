package io.streamgrad.streams.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The test driver commits after each record. */
class CommitHookTest {
  private final List<String> order = new ArrayList<>();
  private @Nullable RuntimeException failure;

  @Test
  void eachCommitIsPrecededByTheHookAndWhatIsForwardedInItIsPartOfIt() {
    try (TopologyTestDriver driver = new TopologyTestDriver(topology())) {
      TestInputTopic<String, String> in =
          driver.createInputTopic("in", new StringSerializer(), new StringSerializer());
      in.pipeInput("first");
      in.pipeInput("second");

      assertThat(order).containsExactly("first", "before commit", "second", "before commit");
      assertThat(
              driver
                  .createOutputTopic("out", new StringDeserializer(), new StringDeserializer())
                  .readValuesToList())
          .containsExactly("first", "second");
    }
  }

  @Test
  void aHookThatFailsIsNotPassed() {
    IllegalStateException onPurpose = new IllegalStateException("fails on purpose");
    failure = onPurpose;
    TopologyTestDriver driver = new TopologyTestDriver(topology());
    TestInputTopic<String, String> in =
        driver.createInputTopic("in", new StringSerializer(), new StringSerializer());

    assertThatThrownBy(() -> in.pipeInput("first")).hasRootCause(onPurpose);
    CommitHook hook = (CommitHook) driver.getStateStore("commit");
    assertThatThrownBy(hook::requirePassed).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(driver::close).hasRootCause(onPurpose);
  }

  @Test
  void whatIsPendingIsRefusedUntilTheHookIsPassed() {
    CommitHook hook = new CommitHook("commit");
    assertThatCode(hook::requirePassed).doesNotThrowAnyException();

    hook.pending();
    assertThatThrownBy(hook::requirePassed)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("without having flushed store commit");
    hook.flushCache();

    assertThatCode(hook::requirePassed).doesNotThrowAnyException();
  }

  @Test
  void aSecondActionIsRefusedUntilTheTaskIsAnother() {
    CommitHook hook = new CommitHook("commit");
    hook.beforeCommit(() -> {});
    assertThatThrownBy(() -> hook.beforeCommit(() -> {})).isInstanceOf(IllegalStateException.class);

    hook.clearCache();

    assertThatCode(() -> hook.beforeCommit(() -> {})).doesNotThrowAnyException();
  }

  private Topology topology() {
    return new Topology()
        .addSource("source", new StringDeserializer(), new StringDeserializer(), "in")
        .addProcessor("late", Late::new, "source")
        .addStateStore(new CommitHookBuilder("commit"), "late")
        .addSink("sink", "out", new StringSerializer(), new StringSerializer(), "late");
  }

  /** Forwards what came when it is committed. */
  private final class Late extends ContextualProcessor<String, String, String, String> {
    private final List<Runnable> late = new ArrayList<>();
    private @Nullable CommitHook hook;

    @Override
    public void init(ProcessorContext<String, String> context) {
      super.init(context);
      CommitHook found = context.getStateStore("commit");
      found.beforeCommit(this::beforeCommit);
      hook = found;
    }

    private void beforeCommit() {
      if (failure != null) {
        throw failure;
      }
      order.add("before commit");
      late.forEach(Runnable::run);
      late.clear();
    }

    @Override
    public void process(Record<String, String> record) {
      Objects.requireNonNull(hook).pending();
      order.add(record.value());
      ForwardingPoint here = ForwardingPoint.of(context());
      late.add(() -> here.run(() -> context().forward(record)));
    }
  }
}
