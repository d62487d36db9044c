package io.streamgrad.streams.limits;

import com.google.protobuf.Message;
import io.streamgrad.streams.settings.Nodes;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.DeadLetter;
import io.streamgrad.wire.InputPositions;
import io.streamgrad.wire.MessageReader;
import io.streamgrad.wire.RecordSize;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.streams.errors.DefaultProductionExceptionHandler;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.jspecify.annotations.Nullable;

/**
 * Notes which record it is that Kafka refuses; Kafka Streams' own error does not say it. Decides
 * nothing, and throws nothing: Kafka Streams would log the whole record.
 *
 * <p>Kafka Streams makes one for each stream thread, and calls it on that and on its producer's.
 */
public final class SendFailures extends DefaultProductionExceptionHandler {
  private @Nullable LimitsInForce limits;

  @Override
  public void configure(Map<String, ?> settings) {
    super.configure(settings);
    limits = LimitsInForce.in(settings);
  }

  @Override
  public Response handleError(
      ErrorHandlerContext context, ProducerRecord<byte[], byte[]> record, Exception exception) {
    LimitsInForce inForce = Objects.requireNonNull(limits);
    inForce.refused(
        new RefusedOutput(
            record.topic(),
            RecordSize.of(record.key(), record.value(), record.headers()),
            input(context, record),
            inForce.now(),
            exception));
    return super.handleError(context, record, exception);
  }

  /** An error may come when the stream is at a later record; all but the changelog's say theirs. */
  private static InputPosition input(
      ErrorHandlerContext context, ProducerRecord<byte[], byte[]> record) {
    return switch (String.valueOf(context.processorNodeId())) {
      case Nodes.DEAD_LETTERS -> DeadLetter.input(record.headers());
      case Nodes.PREDICTIONS -> read(PredictionBatch.getDefaultInstance(), record).getInput();
      case Nodes.METRICS -> read(MetricsReport.getDefaultInstance(), record).getInput();
      case Nodes.SNAPSHOTS -> read(ModelSnapshot.getDefaultInstance(), record).getInput();
      default ->
          InputPositions.of(String.valueOf(context.topic()), context.partition(), context.offset());
    };
  }

  private static <T extends Message> T read(T type, ProducerRecord<byte[], byte[]> record) {
    return new MessageReader<>(type).deserialize(record.topic(), record.headers(), record.value());
  }
}
