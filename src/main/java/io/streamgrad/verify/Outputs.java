package io.streamgrad.verify;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What an output topic says about one partition of the input, in the order of the input: its own
 * partitions side by side ({@link OutputPartition}). One thread.
 */
final class Outputs<T> implements AutoCloseable {
  private final List<OutputPartition<T>> partitions;
  private final boolean trimmed;
  private final Map<Integer, Long> accepted = new HashMap<>(); // the last offset, by partition

  /** Makes of a record what it says. */
  interface Reader<T> {
    /**
     * What a record says.
     *
     * @return null for a record about something else
     * @throws ForeignRecordException if no service has written it
     */
    @Nullable Output<T> read(ConsumerRecord<byte[], byte[]> record) throws ForeignRecordException;
  }

  /**
   * Stands at the topic's start.
   *
   * @param trimmed whether records have been deleted from it
   */
  Outputs(List<OutputPartition<T>> partitions, boolean trimmed) {
    this.partitions = List.copyOf(partitions);
    this.trimmed = trimmed;
  }

  /** Whether records have been deleted from the topic's start. */
  boolean trimmed() {
    return trimmed;
  }

  /**
   * Takes all that is about inputs up to this offset. Of two about one input the one that was
   * written first comes first.
   */
  Iterable<Output<T>> upTo(long inputOffset) {
    return () ->
        Stream.generate(() -> take(inputOffset))
            .takeWhile(Optional::isPresent)
            .map(Optional::orElseThrow)
            .iterator();
  }

  private Optional<Output<T>> take(long inputOffset) {
    return partitions.stream()
        .map(partition -> partition.take(inputOffset))
        .flatMap(Optional::stream)
        .findFirst();
  }

  /**
   * Takes an output for the one of its input, if it lies behind those of the inputs before.
   *
   * @return whether it does
   */
  boolean accept(Output<T> output) {
    long offset = output.record().offset();
    if (offset <= accepted.getOrDefault(output.record().partition(), -1L)) {
      return false;
    }
    accepted.put(output.record().partition(), offset);
    return true;
  }

  /** Of the outputs about inputs that were not looked at, the one about the highest offset. */
  Optional<Output<T>> beyondEnd() {
    return partitions.stream()
        .map(OutputPartition::beyondEnd)
        .flatMap(Optional::stream)
        .reduce((a, b) -> a.inputOffset() >= b.inputOffset() ? a : b);
  }

  @Override
  public void close() {
    partitions.forEach(OutputPartition::close);
  }
}
