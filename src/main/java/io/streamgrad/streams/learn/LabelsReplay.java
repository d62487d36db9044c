package io.streamgrad.streams.learn;

import io.streamgrad.format.changelog.LabelsTaken;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.store.InputPlace;
import io.streamgrad.streams.input.InputLog;
import io.streamgrad.streams.learn.InputReplay.Range;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Labels that are to be learned again, each at the moment at which it was. Not thread-safe. */
final class LabelsReplay {
  private final @Nullable InputLog log; // null: there are none
  private final Range range;
  private final Queue<LabelsTaken> order;
  private final Map<Long, ConsumerRecord<byte[], byte[]>> records = new HashMap<>();

  /**
   * Labels of a part of their topic; nothing is read yet.
   *
   * @param taken when they took effect, in their order
   */
  private LabelsReplay(@Nullable InputLog log, Range range, List<LabelsTaken> taken) {
    this.log = log;
    this.range = range;
    order =
        new ArrayDeque<>(
            taken.stream()
                .filter(each -> each.labels() >= range.from() && each.labels() < range.to())
                .toList());
  }

  /**
   * Those that stored states lack.
   *
   * @param log null where labels come with the images only
   */
  static LabelsReplay of(@Nullable InputLog log, int partition, InputPlace input) {
    Position position = input.labelsPosition();
    Range range =
        position == null
            ? new Range(partition, 0, 0)
            : new Range(partition, position.replayFrom(), position.offset());
    return new LabelsReplay(log, range, input.labelOrder());
  }

  boolean isEmpty() {
    return order.isEmpty();
  }

  /** The offset of the first. */
  long from() {
    return range.from();
  }

  /**
   * Reads all of them.
   *
   * @throws org.apache.kafka.common.KafkaException if they can't be read
   */
  void read() {
    if (log != null && !isEmpty()) {
      log.read(
          range.partition(),
          range.from(),
          range.to(),
          record -> {
            records.put(record.offset(), record);
            return true;
          });
    }
  }

  /** What is known of the next one, if it took effect before an images record; null if not. */
  @Nullable LabelsTaken nextBefore(long images) {
    LabelsTaken next = order.peek();
    return next != null && next.images() <= images ? order.remove() : null;
  }

  /** Its record; null if it is not there any more. */
  @Nullable ConsumerRecord<byte[], byte[]> record(LabelsTaken taken) {
    return records.remove(taken.labels());
  }
}
