package io.streamgrad.verify;

import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;

/**
 * What outputs are looked for.
 *
 * @param input the partition of the input that they are about
 * @param partitions how many the input topic has
 * @param models the names of the models that they are of
 */
record Subject(TopicPartition input, int partitions, Predicate<String> models) {
  /** The same without these models, to which others may be added. */
  Subject without(Set<String> names) {
    return new Subject(input, partitions, models.and(name -> !names.contains(name)));
  }

  /**
   * Whether an output that says that it is about this record and model is looked for.
   *
   * @throws ForeignRecordException if there can't be such a record
   */
  boolean covers(String topic, long partition, long offset, String model)
      throws ForeignRecordException {
    if (topic.isEmpty()) {
      throw new ForeignRecordException("does not say which input it is about");
    }
    boolean sameTopic = topic.equals(input.topic());
    if (partition < 0 || offset < 0 || (sameTopic && partition >= partitions)) {
      throw new ForeignRecordException(
          "is about %s-%d@%d, and there is no such place".formatted(topic, partition, offset));
    }
    return sameTopic && partition == input.partition() && models.test(model);
  }
}
