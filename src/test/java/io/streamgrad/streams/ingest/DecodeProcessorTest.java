package io.streamgrad.streams.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.streams.internal.CommitHook;
import io.streamgrad.streams.settings.Nodes;
import io.streamgrad.wire.Decoded;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecodeProcessorTest {
  @TempDir private Path directory;

  @Test
  void noCommitMayBeWithoutARecordThatHasCome() {
    AtomicInteger batches = new AtomicInteger();
    try (TopologyRun run =
        new TopologyRun(directory, Map.of(), (config, metrics) -> new Asking(batches))) {
      run.send("a", TestBatches.labeled(1, 1).get(0));
    }
    assertThat(batches).hasValue(1);
  }

  /** Asks, at a batch, whether a commit could be made now. */
  private static final class Asking extends ContextualProcessor<String, Decoded, String, Object> {
    private final AtomicInteger batches;

    Asking(AtomicInteger batches) {
      this.batches = batches;
    }

    @Override
    public void process(Record<String, Decoded> record) {
      CommitHook hook = context().getStateStore(Nodes.COMMIT);
      assertThatThrownBy(hook::requirePassed).isInstanceOf(IllegalStateException.class);
      batches.incrementAndGet();
    }
  }
}
