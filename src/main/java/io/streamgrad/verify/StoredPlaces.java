package io.streamgrad.verify;

import io.streamgrad.config.Partitioner;
import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.wire.ModelPartitions;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;

/** In which partitions the service has stored the models that are looked at. Not thread-safe. */
final class StoredPlaces {
  private final ModelPartitions partitions;
  private final Map<TopicPartition, Map<String, Long>> stored = // partition, name, last offset
      new TreeMap<>(Comparator.comparing(TopicPartition::partition));

  StoredPlaces(ModelPartitions partitions) {
    this.partitions = partitions;
  }

  /** Takes what is stored for a partition of the input: the offset of the last batch, by model. */
  void add(TopicPartition input, Map<String, Long> offsets) {
    stored.put(input, offsets);
  }

  /** Says of every model that is stored where it does not live, and of no other. */
  void judge(Findings findings) {
    stored.forEach(
        (input, offsets) ->
            offsets.forEach(
                (name, offset) ->
                    partitions
                        .misplaced(name, input.partition())
                        .ifPresent(
                            where ->
                                findings.add(
                                    Kind.WRONG_PARTITION,
                                    name,
                                    input,
                                    offset,
                                    "the weights are " + where + split(name) + advice(input)))));
  }

  /** The partitions that a model is stored in, if they are several. */
  private String split(String name) {
    TreeSet<Integer> in = new TreeSet<>();
    stored.forEach(
        (input, offsets) -> {
          if (offsets.containsKey(name)) {
            in.add(input.partition());
          }
        });
    return in.size() == 1
        ? ""
        : "; the model is split, with weights in each of the partitions " + in;
  }

  private String advice(TopicPartition input) {
    return partitions
        .otherRule(stored.getOrDefault(input, Map.of()).keySet(), input.partition())
        .map(Partitioner::text)
        .map("; all that is stored there belongs there by models.partitioner: %s"::formatted)
        .orElse("");
  }
}
