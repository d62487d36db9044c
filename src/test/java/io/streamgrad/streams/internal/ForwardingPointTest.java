package io.streamgrad.streams.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.Test;

class ForwardingPointTest {
  private final List<String> forwarded = new ArrayList<>();

  @Test
  void aRecordThatIsForwardedBehindAnotherIsStillTheOneThatItIsOf() {
    Topology topology =
        new Topology()
            .addSource("source", new StringDeserializer(), new StringDeserializer(), "in")
            .addProcessor("late", Late::new, "source")
            .addSink(
                "sink",
                (key, value, record) -> {
                  forwarded.add(value + " of " + record.offset());
                  return "out";
                },
                new StringSerializer(),
                new StringSerializer(),
                "late");
    try (TopologyTestDriver driver = new TopologyTestDriver(topology)) {
      TestInputTopic<String, String> in =
          driver.createInputTopic("in", new StringSerializer(), new StringSerializer());
      in.pipeInput("first");
      in.pipeInput("second");
    }
    assertThat(forwarded).containsExactly("first of 0", "second of 1");
  }

  /** Forwards its first record during the second. */
  private static final class Late extends ContextualProcessor<String, String, String, String> {
    private final List<Runnable> late = new ArrayList<>();

    @Override
    public void process(Record<String, String> record) {
      if (late.isEmpty()) {
        ForwardingPoint here = ForwardingPoint.of(context());
        late.add(() -> here.run(() -> context().forward(record)));
      } else {
        late.forEach(Runnable::run);
        context().forward(record);
      }
    }
  }
}
