package io.streamgrad.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.DeadLetterHeaders;
import io.streamgrad.wire.Fingerprint;
import io.streamgrad.wire.MessageReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The topics that can be watched, and how their records look as a line. */
enum WatchedTopic {
  PREDICTIONS {
    @Override
    String line(ConsumerRecord<byte[], byte[]> record) {
      PredictionBatch p = read(PredictionBatch.getDefaultInstance(), record);
      String score =
          p.hasScore()
              ? String.format(
                  Locale.ROOT,
                  "  %d/%d right, loss %.4f",
                  p.getScore().getCorrect(),
                  p.getClassesCount(),
                  p.getScore().getMeanLoss())
              : "";
      return "%s v%d  %s-%d@%d%s  %s"
          .formatted(
              p.getModel(),
              p.getModelVersion(),
              p.getInput().getTopic(),
              p.getInput().getPartition(),
              p.getInput().getOffset(),
              score,
              p.getClassesList());
    }

    @Override
    String json(ConsumerRecord<byte[], byte[]> record) {
      return print(read(PredictionBatch.getDefaultInstance(), record));
    }
  },

  METRICS {
    @Override
    String line(ConsumerRecord<byte[], byte[]> record) {
      MetricsReport r = read(MetricsReport.getDefaultInstance(), record);
      return String.format(
          Locale.ROOT,
          "%s v%d  %s  (in all %d: %.4f)%s",
          r.getModel(),
          r.getModelVersion(),
          r.hasWindow() ? window(r) : "%d updates skipped".formatted(r.getUpdatesSkipped()),
          r.getLifetime().getImages(),
          r.getLifetime().getAccuracy(),
          r.getDiverged() ? "  DIVERGED" : "");
    }

    private String window(MetricsReport r) {
      return String.format(
          Locale.ROOT,
          "%d images: accuracy %.4f, loss %.4f, %.0f images/s by time stamp",
          r.getWindow().getImages(),
          r.getWindow().getAccuracy(),
          r.getWindow().getMeanLoss(),
          r.getImagesPerSecond());
    }

    @Override
    String json(ConsumerRecord<byte[], byte[]> record) {
      return print(read(MetricsReport.getDefaultInstance(), record));
    }
  },

  DEAD_LETTERS {
    @Override
    String line(ConsumerRecord<byte[], byte[]> record) {
      return "%s  %s-%s@%s  key %s, %s%s: %s"
          .formatted(
              header(record, DeadLetterHeaders.REASON),
              header(record, DeadLetterHeaders.TOPIC),
              header(record, DeadLetterHeaders.PARTITION),
              header(record, DeadLetterHeaders.OFFSET),
              key(record),
              value(record),
              Fingerprint.sizeOf(record.headers(), Fingerprint.HEADERS) == null
                  ? ""
                  : ", headers left out",
              header(record, DeadLetterHeaders.MESSAGE));
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
      if (record.key() != null) {
        return new String(record.key(), StandardCharsets.UTF_8);
      }
      String size = Fingerprint.sizeOf(record.headers(), Fingerprint.KEY);
      return size == null ? "none" : "of %s bytes left out".formatted(size);
    }

    private static String value(ConsumerRecord<byte[], byte[]> record) {
      if (record.value() != null) {
        return record.value().length + " bytes";
      }
      String size = Fingerprint.sizeOf(record.headers(), Fingerprint.VALUE);
      return size == null ? "no value" : size + " bytes left out";
    }

    @Override
    String json(ConsumerRecord<byte[], byte[]> record) {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("key", base64(record.key()));
      json.put("value", base64(record.value()));
      ObjectNode headers = json.putObject("headers");
      for (Header header : record.headers()) {
        headers.put(
            header.key(),
            header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8));
      }
      return json.toString();
    }
  };

  private static final JsonFormat.Printer JSON =
      JsonFormat.printer().omittingInsignificantWhitespace();

  /**
   * A record as a line for a person, whatever control characters its producer has put into it.
   *
   * @throws org.apache.kafka.common.errors.SerializationException if it is not one of this topic
   */
  String text(ConsumerRecord<byte[], byte[]> record) {
    return line(record).replaceAll("\\p{Cntrl}", "?");
  }

  abstract String line(ConsumerRecord<byte[], byte[]> record);

  /**
   * A record as a line of JSON.
   *
   * @throws org.apache.kafka.common.errors.SerializationException if it is not one of this topic
   */
  abstract String json(ConsumerRecord<byte[], byte[]> record);

  /** As it is written on the command line. */
  String argument() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The topic's name where none is configured. */
  String defaultTopic() {
    return "streamgrad." + argument();
  }

  private static <T extends Message> T read(T type, ConsumerRecord<byte[], byte[]> record) {
    return new MessageReader<>(type).deserialize(record.topic(), record.headers(), record.value());
  }

  private static String print(Message message) {
    try {
      return JSON.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("messages without Any can be printed", e);
    }
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    String text = DeadLetterHeaders.text(record.headers(), name);
    return text == null ? "?" : text;
  }

  private static @Nullable String base64(byte @Nullable [] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
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
                      "'%s' must be predictions, metrics or dead-letters".formatted(argument)));
    }
  }
}
