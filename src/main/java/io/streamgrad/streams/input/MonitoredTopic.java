package io.streamgrad.streams.input;

import io.streamgrad.store.InputPlace;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.input.Mismatch.Kind;
import io.streamgrad.streams.settings.Answers;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ObjLongConsumer;
import java.util.function.ToLongFunction;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A topic of the input while a service runs. One thread. */
final class MonitoredTopic {
  private static final Logger LOG = LoggerFactory.getLogger(MonitoredTopic.class);

  private final String group;
  private final String name;
  private final ToLongFunction<InputPlace> takeGap;
  private final Function<WeightsStore, WeightsStore.Lag> lag;
  private final ObjLongConsumer<InputPlace> begins;
  private final Map<Integer, Long> gaps = new HashMap<>(); // by partition, not judged yet
  private @Nullable TopicDescription first;

  /**
   * A topic that a group reads.
   *
   * @param takeGap as {@link InputPlace#takeGap}
   * @param lag as {@link WeightsStore#lag}
   * @param begins is told the offset at which a partition begins
   */
  MonitoredTopic(
      String group,
      String name,
      ToLongFunction<InputPlace> takeGap,
      Function<WeightsStore, WeightsStore.Lag> lag,
      ObjLongConsumer<InputPlace> begins) {
    this.group = group;
    this.name = name;
    this.takeGap = takeGap;
    this.lag = lag;
    this.begins = begins;
  }

  String name() {
    return name;
  }

  /**
   * Whether it is the one that it was.
   *
   * @throws InputMismatchException if it is not
   */
  void check(TopicDescription now) {
    if (first == null) {
      first = now;
    }
    TopicDescription before = first;
    if (!now.topicId().equals(before.topicId())) {
      throw new InputMismatchException(InputCheck.madeAnew(group, before, now));
    }
    int partitions = before.partitions().size();
    if (now.partitions().size() != partitions) {
      throw new InputMismatchException(
          InputCheck.partitionsChanged(group, now.name(), partitions, now.partitions().size()));
    }
  }

  /**
   * Offsets that were passed over are of markers, of records that were taken back, or of records
   * that are deleted: then the log begins behind them.
   *
   * @throws InputMismatchException if records were deleted before they were learned
   */
  void checkGaps(Admin admin, Map<Integer, WeightsStore> stores) {
    gaps.keySet().retainAll(stores.keySet());
    stores.forEach(
        (partition, store) -> {
          long gap = takeGap.applyAsLong(store.input());
          if (gap >= 0) {
            gaps.merge(partition, gap, Math::min);
          }
        });
    for (Map.Entry<Integer, Long> gap : gaps.entrySet()) {
      TopicPartition input = new TopicPartition(name, gap.getKey());
      long start = start(admin, input);
      if (start > gap.getValue()) {
        throw new InputMismatchException(
            new Mismatch(
                Kind.RECORDS_DELETED,
                "%s begins at offset %d, and offset %d was the next to be learned: records were deleted before they were"
                    .formatted(input, start, gap.getValue()),
                "leave them out",
                "Raise the topic's retention, or give the service the cores to keep up; start it"
                    + " again to go on without them"));
      }
    }
    gaps.clear();
  }

  /**
   * What states lack must stay in the log: where its start comes as near as they lack records, they
   * are written now.
   */
  void checkLag(Admin admin, Map<Integer, WeightsStore> stores) {
    stores.forEach(
        (partition, store) -> {
          TopicPartition input = new TopicPartition(name, partition);
          long start = start(admin, input);
          begins.accept(store.input(), start);
          WeightsStore.Lag now = lag.apply(store);
          boolean lacks = store.isBehind() && now.to() > now.from(); // records of this topic
          if (lacks && start > 0 && start + now.to() - now.from() >= now.from()) {
            LOG.info("{} begins at offset {}: states are written now", input, start);
            store.hurry();
          }
        });
  }

  private static long start(Admin admin, TopicPartition partition) {
    return Answers.of(
            admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).partitionResult(partition))
        .offset();
  }
}
