package io.streamgrad.streams.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.wire.pixels.PngFiles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Seeded records for a service's input, good and bad, of sizes around its limits: that of a dead
 * letter, of a batch, of a batch id and of a name; in every codec, format and kind of time stamp.
 */
final class SizedRecords {
  /** Codecs of the producers that send them. */
  static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

  private static final long YEAR = 365L * 24 * 3600 * 1000;

  private final ServiceConfig config;
  private final ModelSpec model;
  private final int letterLimit;
  private final Random random;
  private final long now = System.currentTimeMillis();

  /**
   * Records for a service.
   *
   * @param letterLimit of its dead letters
   */
  SizedRecords(ServiceConfig config, int letterLimit, long seed) {
    this.config = config;
    this.model = config.model();
    this.letterLimit = letterLimit;
    random = new Random(seed);
  }

  private enum Kind {
    VALUE,
    BLANK_IMAGES,
    HEADER,
    HEADERS,
    KEY,
    ALL,
    NO_VALUE,
    BATCH_ID,
    BATCH
  }

  /** The first ones, by the codec of the producer that is to send them. */
  Map<String, List<ProducerRecord<byte[], byte[]>>> take(int count) {
    Map<String, List<ProducerRecord<byte[], byte[]>>> records = new HashMap<>();
    Kind[] kinds = Kind.values();
    for (int i = 0; i < count; i++) {
      List<ProducerRecord<byte[], byte[]>> ofCodec =
          records.computeIfAbsent(
              CODECS.get(random.nextInt(CODECS.size())), codec -> new ArrayList<>());
      // Whichever codec's come first, the log begins with a record that has no time stamp.
      Long timestamp = ofCodec.isEmpty() ? Long.valueOf(-1) : timestamp();
      ofCodec.add(record(timestamp, kinds[i % kinds.length]));
    }
    return records;
  }

  private ProducerRecord<byte[], byte[]> record(@Nullable Long timestamp, Kind kind) {
    Headers headers = new RecordHeaders();
    byte[] key = random.nextBoolean() ? utf8("a") : null;
    byte[] value = bytes(1 + random.nextInt(20));
    switch (kind) {
      case VALUE -> value = bytes(around(letterLimit));
      case BLANK_IMAGES -> value = batch(around(letterLimit / model.inputs()), "").toByteArray();
      case HEADER -> headers.add("h", bytes(around(letterLimit)));
      case HEADERS -> {
        for (int left = around(letterLimit); left > 0; left -= 150) {
          headers.add("ä".repeat(random.nextInt(50)), random.nextBoolean() ? null : bytes(100));
        }
      }
      case KEY -> key = bytes(random.nextBoolean() ? 249 + random.nextInt(3) : around(letterLimit));
      case ALL -> {
        key = bytes(around(letterLimit));
        value = bytes(around(letterLimit));
        headers.add("streamgrad.error.value-size", utf8("17")); // as if it had been one before
        headers.add("h", bytes(around(letterLimit)));
      }
      case NO_VALUE -> value = null;
      case BATCH_ID -> value = written(batch(1 + random.nextInt(3), batchId()), headers);
      case BATCH -> value = written(batch(images(), batchId()), headers);
    }
    return new StampedRecord(config.topics().images(), timestamp, key, value, headers);
  }

  private @Nullable Long timestamp() {
    return switch (random.nextInt(6)) {
      case 0 -> null;
      case 1 -> -1L;
      case 2 -> 0L;
      case 3 -> now - YEAR * (1 + random.nextInt(50));
      case 4 -> now + YEAR * (1 + random.nextInt(1000));
      default -> Long.MAX_VALUE - random.nextInt(2);
    };
  }

  /** Now and then a few times as much. */
  private int around(int limit) {
    int near = Math.max(0, limit - 700 + random.nextInt(800));
    return random.nextInt(5) == 0 ? near * (2 + random.nextInt(2)) : near;
  }

  private int images() {
    return Math.max(1, model.maxBatchSize() - 1 + random.nextInt(3));
  }

  private String batchId() {
    String character =
        List.of("a", "<", "\u0001", "é", "\u2028", "\ud83d\ude00").get(random.nextInt(6));
    int bytes = 1020 + random.nextInt(8);
    return character.repeat(bytes / character.getBytes(UTF_8).length);
  }

  private ImageBatch batch(int images, String batchId) {
    ImageBatch.Builder batch =
        ImageBatch.newBuilder()
            .setHeight(1)
            .setWidth(model.inputs())
            .setPixels(ByteString.copyFrom(bytes(images * model.inputs())))
            .setBatchId(batchId);
    if (random.nextBoolean()) {
      byte[] labels = new byte[images];
      for (int i = 0; i < images; i++) {
        labels[i] = (byte) random.nextInt(model.classes());
      }
      batch.setLabels(ByteString.copyFrom(labels));
    }
    return batch.build();
  }

  /** In a format that it can have: Protobuf, framed or not, JSON, pixels with headers, PNG. */
  private byte[] written(ImageBatch batch, Headers headers) {
    switch (random.nextInt(5)) {
      case 0 -> {
        return batch.toByteArray();
      }
      case 1 -> {
        byte[] frame = {0, 0, 0, 0, 42, 0};
        return ByteString.copyFrom(frame).concat(batch.toByteString()).toByteArray();
      }
      case 2 -> {
        headers.add("content-type", utf8("application/octet-stream"));
        headers.add("streamgrad.height", utf8("1"));
        headers.add("streamgrad.width", utf8(Integer.toString(model.inputs())));
        return described(batch, headers);
      }
      case 3 -> {
        headers.add("content-type", utf8("image/png"));
        described(batch, headers);
        return PngFiles.png(
            1, model.inputs(), 1, batch.getPixels().substring(0, model.inputs()).toByteArray());
      }
      default -> {}
    }
    headers.add("content-type", utf8("application/json"));
    try {
      return utf8(JsonFormat.printer().print(batch));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Says the rest in headers, and gives the pixels. */
  private static byte[] described(ImageBatch batch, Headers headers) {
    headers.add("streamgrad.batch-id", utf8(batch.getBatchId()));
    if (!batch.getLabels().isEmpty()) {
      headers.add(
          "streamgrad.labels",
          utf8(
              IntStream.range(0, batch.getLabels().size())
                  .mapToObj(i -> Integer.toString(batch.getLabels().byteAt(i) & 0xff))
                  .collect(Collectors.joining(","))));
    }
    return batch.getPixels().toByteArray();
  }

  /** Garbage, or zeros. */
  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    if (random.nextBoolean()) {
      random.nextBytes(bytes);
    } else {
      Arrays.fill(bytes, (byte) 0);
    }
    return bytes;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }
}
