package io.streamgrad.verify;

import com.google.protobuf.ByteString;
import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Seeded records that a service does not write, for topics that it writes to. */
final class ForeignRecords {
  private static final byte[] A = {'a'};

  private final Random random;
  private final String images;

  ForeignRecords(long seed, String images) {
    random = new Random(seed);
    this.images = images;
  }

  /** One for the predictions. */
  ProducerRecord<byte[], byte[]> prediction(String topic) {
    return anyOf(
        topic,
        () -> message(topic, prediction("", 0, 3)),
        () -> message(topic, prediction(images, 7, 3)),
        () -> message(topic, prediction(images, -1, 3)),
        () -> message(topic, prediction(images, 0, -1 - random.nextInt(9))),
        () -> message(topic, TestBatches.labeled(1, random.nextLong()).get(0).toByteArray()),
        () -> with(record(topic, A, prediction(images, 0, 3)), "content-type", "application/json"),
        () -> with(record(topic, A, bytes("{\"model\":")), "content-type", "application/json"),
        () -> with(record(topic, A, bytes("{}")), "content-type", "text/plain"));
  }

  /** One for the dead letters. */
  ProducerRecord<byte[], byte[]> deadLetter(String topic) {
    return anyOf(
        topic,
        () -> letter(topic, images, "0", "3", null),
        () -> letter(topic, images, "0", "three", "unreadable"),
        () -> letter(topic, images, "0", "-3", "unreadable"),
        () -> letter(topic, images, "7", "3", "unreadable"),
        () -> letter(topic, images, "99999999999999999999", "3", "unreadable"),
        () -> letter(topic, images, null, "3", "unreadable"),
        () -> letter(topic, "", "0", "3", "unreadable"));
  }

  /** One for the snapshots. */
  ProducerRecord<byte[], byte[]> snapshot(String topic) {
    return anyOf(
        topic,
        () -> message(topic, snapshot("", 0, 3)),
        () -> message(topic, snapshot(images, 7, 3)),
        () -> message(topic, snapshot(images, 0, -3)),
        () -> message(topic, TestBatches.labeled(1, random.nextLong()).get(0).toByteArray()));
  }

  /** One for the changelog, with a key that the store does not write. */
  ProducerRecord<byte[], byte[]> stored(String topic) {
    List<byte[]> keys =
        List.of(
            bytes("k"),
            bytes("a model's name"),
            new byte[] {'a', 0, ChangelogLayout.COMPARISON + 1, 0, 0, 0, 0},
            new byte[] {'a', 0, 0, -1, 0, 0, 0},
            new byte[] {'a', 0, 0, 0, 0, 0, 0, 0},
            new byte[] {'a', '\n', 0, 0, 0, 0, 0, 0},
            new byte[] {-1, 0, 0, 0, 0, 0, 0});
    byte[] value = random.nextInt(4) == 0 ? null : garbage();
    return record(topic, keys.get(random.nextInt(keys.size())), value);
  }

  /** Of the first kinds, which any topic may get, or of others. */
  @SafeVarargs
  private ProducerRecord<byte[], byte[]> anyOf(
      String topic, Supplier<ProducerRecord<byte[], byte[]>>... others) {
    int kind = random.nextInt(3 + others.length);
    return switch (kind) {
      case 0 -> record(topic, A, null);
      case 1 -> record(topic, A, garbage());
      case 2 -> record(topic, garbage(), new byte[0]);
      default -> others[kind - 3].get();
    };
  }

  /** Bytes that no message begins with: a field of a wire type that does not exist. */
  private byte[] garbage() {
    byte[] bytes = new byte[1 + random.nextInt(200)];
    random.nextBytes(bytes);
    bytes[0] = 0x0f;
    return bytes;
  }

  private static byte[] prediction(String topic, int partition, long offset) {
    return PredictionBatch.newBuilder()
        .setModel("a")
        .setInput(input(topic, partition, offset))
        .build()
        .toByteArray();
  }

  private static byte[] snapshot(String topic, int partition, long offset) {
    return ModelSnapshot.newBuilder()
        .setModel("a")
        .setInput(input(topic, partition, offset))
        .setPieces(1)
        .setState(ByteString.copyFrom(new byte[50]))
        .build()
        .toByteArray();
  }

  private static InputPosition.Builder input(String topic, int partition, long offset) {
    return InputPosition.newBuilder().setTopic(topic).setPartition(partition).setOffset(offset);
  }

  private static ProducerRecord<byte[], byte[]> letter(
      String topic,
      String inputTopic,
      @Nullable String partition,
      String offset,
      @Nullable String reason) {
    ProducerRecord<byte[], byte[]> record = record(topic, A, new byte[] {1, 2, 3});
    with(record, "streamgrad.error.reason", reason);
    with(record, "__streams.errors.topic", inputTopic);
    with(record, "__streams.errors.partition", partition);
    return with(record, "__streams.errors.offset", offset);
  }

  private ProducerRecord<byte[], byte[]> message(String topic, byte[] value) {
    return record(topic, random.nextBoolean() ? A : Arrays.copyOf(A, 3), value);
  }

  private static ProducerRecord<byte[], byte[]> record(
      String topic, byte[] key, byte @Nullable [] value) {
    return new ProducerRecord<>(topic, 0, key, value);
  }

  private static ProducerRecord<byte[], byte[]> with(
      ProducerRecord<byte[], byte[]> record, String header, @Nullable String value) {
    Headers headers = record.headers();
    headers.add(header, value == null ? null : bytes(value));
    return record;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
