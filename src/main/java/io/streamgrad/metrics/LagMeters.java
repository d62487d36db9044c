package io.streamgrad.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** How many records of each partition of the input wait. Set by one thread at a time. */
final class LagMeters {
  private final MultiGauge gauges;
  private volatile Map<TopicPartition, Long> records = Map.of();

  LagMeters(MeterRegistry registry) {
    gauges = MultiGauge.builder(Meters.LAG.id()).description(Meters.LAG.help()).register(registry);
  }

  void set(Map<TopicPartition, Long> now) {
    records = Map.copyOf(now);
    List<Row<?>> rows = records.keySet().stream().<Row<?>>map(this::row).toList();
    gauges.register(rows); // those that were there go on, and the others go
  }

  private Row<?> row(TopicPartition partition) {
    Tags labels =
        Tags.of("topic", partition.topic(), "partition", Integer.toString(partition.partition()));
    return Row.of(labels, () -> records.getOrDefault(partition, 0L));
  }
}
