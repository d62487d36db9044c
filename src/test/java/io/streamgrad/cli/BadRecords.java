package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.wire.BadRecordException.Reason;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Seeded records that are wrong in every way there is, for models of 2 x 2 images in three classes
 * and at most ten images a batch. Texts in them hold {@link #MARK}.
 */
final class BadRecords {
  /** Never to be seen in a log. */
  static final String MARK = "content-of-a-record";

  private static final List<Kind> KINDS = List.of(Kind.values());

  private static final String JSON = "application/json";

  private static final String[] WRONG_JSON = {
    "",
    "null",
    "true",
    "[]",
    "\"" + MARK + "\"",
    "{\"height\": \"" + MARK + "\"}",
    "{\"height\": {}}",
    "{\"pixels\": \"***\"}",
    "{\"labels\": [1, 2]}",
    "{\"batchId\": {}}",
    "<ImageBatch/>",
  };

  /** What only lenient parsers take for JSON; all but the last hold a good batch. */
  private static final String[] NOT_JSON = {
    "%1$s%1$s",
    "%1$s {}",
    "%1$s,",
    "\ufeff%1$s",
    "%1$s // " + MARK,
    "/* " + MARK + " */ %1$s",
    "{\"height\": 2, %2$s}",
    "{height: 2, %3$s}",
    "{'height': 2, %3$s}",
    "{\"" + MARK + "\": NaN, %2$s}",
    "{\"" + MARK + "\": 1, \"" + MARK + "\": 1, %2$s}",
    "{\"batchId\": \"\", \"batch_id\": \"" + MARK + "\", %2$s}",
    "{\"batchId\": \"" + MARK + "\\ud800\", %2$s}",
    "{\"batchId\": \"" + MARK + "\n\", %2$s}",
    "{\"pixels\": \"AAEC\\nAw==\"}",
  };

  private static final String[] NUMBERS = {
    "-1",
    "4294967296",
    "1e999999999",
    "1e-999999999",
    "0.5",
    "NaN",
    "Infinity",
    "\"1e400000000\"",
    "9".repeat(20_000),
    "0x10",
    "2" + "0".repeat(400) + "e-401",
  };

  private final String topic;
  private final byte[] model;
  private final Random random;
  private final List<ImageBatch> good;

  BadRecords(String topic, String model, long seed) {
    this.topic = topic;
    this.model = model.getBytes(UTF_8);
    this.random = new Random(seed);
    this.good = TestBatches.labeled(100, seed);
  }

  /** One of them, and why it is bad. */
  record Bad(ProducerRecord<byte[], byte[]> record, Reason reason) {}

  private enum Kind {
    KEY,
    CONTENT_TYPE,
    NO_VALUE,
    TRUNCATED,
    NOT_PROTOBUF,
    NO_PIXELS,
    DIMENSIONS,
    PART_OF_AN_IMAGE,
    TOO_MANY,
    LABEL_COUNT,
    LABEL,
    BATCH_ID,
    JSON_TRUNCATED,
    JSON_TYPES,
    NOT_JSON,
    JSON_WITHOUT_HEADER,
    FRAMED,
    PIXELS_WITHOUT_SIZE,
    NOT_PNG,
    NOT_UTF8,
    GROUP_END,
    JSON_NESTING,
    JSON_NUMBERS,
    JSON_LABEL
  }

  /** How many there are. */
  static int kinds() {
    return KINDS.size();
  }

  /** The i-th; all kinds come in turn. */
  Bad next(int i) {
    ImageBatch batch = good.get(random.nextInt(good.size()));
    ImageBatch.Builder change = batch.toBuilder().setBatchId(MARK);
    int images = batch.getLabels().size();
    return switch (KINDS.get(i % KINDS.size())) {
      case KEY -> bad(Reason.INVALID_MODEL_NAME, key(), batch.toByteArray(), null);
      case CONTENT_TYPE ->
          bad(Reason.UNKNOWN_CONTENT_TYPE, model, batch.toByteArray(), contentType());
      case NO_VALUE -> bad(Reason.UNREADABLE, model, null, random.nextBoolean() ? null : JSON);
      case TRUNCATED -> {
        // The pixels come last but for the labels: what is cut here is cut in one of them.
        byte[] value = batch.toByteArray();
        yield protobuf(
            Reason.UNREADABLE, Arrays.copyOf(value, value.length - 1 - random.nextInt(images)));
      }
      case NOT_PROTOBUF -> {
        byte[] value = bytes(1 + random.nextInt(200));
        value[0] = (byte) (random.nextInt(32) << 3 | 7); // there is no wire type 7
        yield protobuf(Reason.UNREADABLE, value);
      }
      case NO_PIXELS -> protobuf(Reason.NO_IMAGES, change.clearPixels());
      case DIMENSIONS ->
          protobuf(Reason.WRONG_SHAPE, change.setHeight(dimension()).setWidth(dimension()));
      case PART_OF_AN_IMAGE ->
          protobuf(
              Reason.INCOMPLETE_IMAGE,
              change.setPixels(pixels(4 * random.nextInt(20) + 1 + random.nextInt(3))));
      case TOO_MANY -> {
        // Now and then close to the broker's limit for a record.
        int most = random.nextInt(200) == 0 ? 240_000 : 500;
        yield protobuf(
            Reason.TOO_MANY_IMAGES, change.setPixels(pixels(4 * (11 + random.nextInt(most)))));
      }
      case LABEL_COUNT ->
          protobuf(
              Reason.LABEL_COUNT,
              change.setLabels(ByteString.copyFrom(bytes(images + 1 + random.nextInt(300)))));
      case LABEL -> {
        byte[] labels = batch.getLabels().toByteArray();
        labels[random.nextInt(images)] = (byte) (3 + random.nextInt(253));
        yield protobuf(Reason.LABEL_OUT_OF_RANGE, change.setLabels(ByteString.copyFrom(labels)));
      }
      case BATCH_ID ->
          protobuf(
              Reason.BATCH_ID_TOO_LONG,
              batch.toBuilder().setBatchId(MARK.repeat(100 + random.nextInt(100))));
      case JSON_TRUNCATED -> {
        String text = json(batch);
        yield json(Reason.UNREADABLE, text.substring(0, random.nextInt(text.length() - 1)));
      }
      case JSON_TYPES -> json(Reason.UNREADABLE, one(WRONG_JSON));
      case NOT_JSON -> {
        String good = json(change.build());
        String fields = good.substring(good.indexOf('{') + 1, good.lastIndexOf('}'));
        String without = fields.substring(fields.indexOf(',') + 1);
        yield json(Reason.UNREADABLE, one(NOT_JSON).formatted(good, fields, without));
      }
      case JSON_WITHOUT_HEADER ->
          bad(Reason.UNREADABLE, model, json(change.build()).getBytes(UTF_8), null);
      case FRAMED -> {
        // As a registry's serializer begins, and then no message.
        byte id = (byte) (1 + random.nextInt(255));
        ByteString frame = ByteString.copyFrom(new byte[] {0, 0, 0, 0, id, 0, 1 << 3 | 7});
        yield protobuf(Reason.UNREADABLE, frame.concat(batch.toByteString()).toByteArray());
      }
      case PIXELS_WITHOUT_SIZE -> {
        Bad pixels = bad(Reason.BAD_HEADER, model, bytes(4), "application/octet-stream");
        pixels.record().headers().add("streamgrad.height", MARK.getBytes(UTF_8));
        yield pixels;
      }
      case NOT_PNG -> bad(Reason.UNREADABLE, model, bytes(1 + random.nextInt(200)), "image/png");
      case NOT_UTF8 -> {
        ByteString half = ByteString.copyFrom(new byte[] {5 << 3 | 2, 2, 'a', (byte) 0xc3});
        yield protobuf(Reason.UNREADABLE, batch.toByteString().concat(half).toByteArray());
      }
      case GROUP_END -> {
        byte[] end = {(byte) ((random.nextInt(15) + 1) << 3 | 4), 1, 2, 3};
        ByteString more = ByteString.copyFrom(end);
        yield protobuf(Reason.UNREADABLE, batch.toByteString().concat(more).toByteArray());
      }
      case JSON_NESTING -> json(Reason.UNREADABLE, nested());
      case JSON_NUMBERS -> json(Reason.UNREADABLE, "{\"height\": " + one(NUMBERS) + "}");
      case JSON_LABEL ->
          json(
              Reason.LABEL_OUT_OF_RANGE,
              json(
                  change
                      .setPixels(pixels(4))
                      .setLabels(ByteString.copyFrom(new byte[] {(byte) (3 + random.nextInt(253))}))
                      .build()));
    };
  }

  /**
   * A good batch with some bytes changed, in Protobuf or JSON: may be good or bad.
   *
   * @param key of a model that only gets such batches
   */
  ProducerRecord<byte[], byte[]> mutant(String key) {
    ImageBatch batch = good.get(random.nextInt(good.size()));
    boolean asJson = random.nextBoolean();
    byte[] value = asJson ? json(batch).getBytes(UTF_8) : batch.toByteArray();
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      value[random.nextInt(value.length)] = (byte) random.nextInt(256);
    }
    return record(key.getBytes(UTF_8), value, asJson ? JSON : null);
  }

  private byte[] key() {
    return switch (random.nextInt(4)) {
      case 0 -> new byte[0];
      case 1 -> bytes(250 + random.nextInt(1000));
      case 2 -> new byte[] {'a', (byte) 0xc3, (byte) random.nextInt(0x80)}; // half a character
      default -> (MARK + (char) random.nextInt(32)).getBytes(UTF_8);
    };
  }

  private String contentType() {
    return switch (random.nextInt(4)) {
      case 0 -> "";
      case 1 -> random.nextBoolean() ? "image/webp; " + MARK : JSON + "; charset=" + MARK;
      case 2 -> "application/json2";
      default -> MARK + new String(bytes(random.nextInt(50)), UTF_8);
    };
  }

  /** Two of these never make four pixels, not even modulo 2^32. */
  private int dimension() {
    return switch (random.nextInt(4)) {
      case 0 -> 0;
      case 1 -> -1 - random.nextInt(1000); // unsigned: about 2^32
      case 2 -> Integer.MAX_VALUE;
      default -> 5 + random.nextInt(1 << 20);
    };
  }

  private String nested() {
    int depth = 200 + random.nextInt(5_000);
    return random.nextBoolean()
        ? "{\"height\":" + "[".repeat(depth) + "]".repeat(depth) + "}"
        : "{\"height\":".repeat(depth) + "1" + "}".repeat(depth);
  }

  private ByteString pixels(int count) {
    return ByteString.copyFrom(bytes(count));
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private String one(String[] of) {
    return of[random.nextInt(of.length)];
  }

  /** A batch in JSON. */
  static String json(ImageBatch batch) {
    try {
      return JsonFormat.printer().print(batch);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  private Bad protobuf(Reason reason, ImageBatch.Builder value) {
    return protobuf(reason, value.build().toByteArray());
  }

  private Bad protobuf(Reason reason, byte[] value) {
    return bad(reason, model, value, random.nextBoolean() ? null : "application/x-protobuf");
  }

  private Bad json(Reason reason, String value) {
    return bad(reason, model, value.getBytes(UTF_8), JSON);
  }

  private Bad bad(
      Reason reason, byte[] key, byte @Nullable [] value, @Nullable String contentType) {
    return new Bad(record(key, value, contentType), reason);
  }

  private ProducerRecord<byte[], byte[]> record(
      byte[] key, byte @Nullable [] value, @Nullable String contentType) {
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, key, value);
    if (contentType != null) {
      record.headers().add("content-type", contentType.getBytes(UTF_8));
    }
    return record;
  }
}
