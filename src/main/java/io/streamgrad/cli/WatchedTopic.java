package io.streamgrad.cli;

import com.google.protobuf.Message;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.MessageReader;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The topics that can be watched. */
enum WatchedTopic {
  PREDICTIONS(reader(PredictionBatch.getDefaultInstance(), WatchedRecord::of)),
  APPLIED(reader(Applied.getDefaultInstance(), WatchedRecord::of)),
  METRICS(reader(MetricsReport.getDefaultInstance(), WatchedRecord::of)),
  DEAD_LETTERS(WatchedDeadLetter::of);

  @SuppressWarnings("ImmutableEnumChecker") // the readers have no state that changes
  private final Function<ConsumerRecord<byte[], byte[]>, WatchedRecord> reader;

  WatchedTopic(Function<ConsumerRecord<byte[], byte[]>, WatchedRecord> reader) {
    this.reader = reader;
  }

  private static <T extends Message> Function<ConsumerRecord<byte[], byte[]>, WatchedRecord> reader(
      T type, Function<T, WatchedRecord> shown) {
    MessageReader<T> messages = new MessageReader<>(type);
    return record ->
        shown.apply(messages.deserialize(record.topic(), record.headers(), record.value()));
  }

  /**
   * Reads a record.
   *
   * @throws SerializationException if it is not one of this topic
   */
  WatchedRecord read(ConsumerRecord<byte[], byte[]> record) {
    return reader.apply(record);
  }

  /** As it is written on the command line. */
  String argument() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The topic's name where none is configured. */
  String defaultTopic() {
    return "streamgrad." + argument();
  }

  /** Reads the argument. */
  static final class Converter implements ITypeConverter<WatchedTopic> {
    @Override
    public WatchedTopic convert(String argument) {
      return Arrays.stream(values())
          .filter(topic -> topic.argument().equals(argument))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'%s' must be predictions, applied, metrics or dead-letters"
                          .formatted(argument)));
    }
  }
}
