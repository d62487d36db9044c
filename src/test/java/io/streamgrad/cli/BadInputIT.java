package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.streamgrad.Running;
import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.embedded.EmbeddedBroker;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.ContentType;
import io.streamgrad.wire.ImageBatchDecoder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hundred thousand bad records among good ones, through the service with a small heap. */
class BadInputIT {
  private static final int BAD = 100_000;
  private static final int GOOD_EVERY = 50;
  private static final int MUTANT_EVERY = 10;
  private static final String MODEL = "digits";
  private static final String MUTANTS = "mutants";
  private static final long SEED = 18;
  private static final List<String> TYPES =
      List.of(
          "",
          "application/protobuf",
          "application/json",
          "application/vnd.google.protobuf; version=1",
          "\"Application/JSON; charset=UTF-8\"",
          "application/x-google-protobuf",
          " application/protobuf+json;charset=\"utf-8\" ");
  private static final Map<String, String> SETTINGS =
      Map.of(
          "model.layers", "[4, 5, 3]",
          "model.max-batch-size", "10",
          "topics.create", "true",
          "http.host", "127.0.0.1",
          "http.port", "0",
          "http.health-port", "0");

  @TempDir private Path directory;

  private final ServiceConfig config = ConfigLoader.load(null, Map.of(), SETTINGS);

  /** Reasons of the bad records by their offsets. */
  private final Map<Long, String> expected = new LinkedHashMap<>();

  private final Map<Long, ProducerRecord<byte[], byte[]>> sent = new HashMap<>();
  private final List<ImageBatch> learned = new ArrayList<>();
  private final List<ImageBatch> learnedMutants = new ArrayList<>();
  private int predictions;
  private long unfinished;

  @Test
  void givenBadRecordsAmongGoodOnesWhenServedThenEachIsADeadLetterOnceAndTheWeightsAreTheSame()
      throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        Running service = serve(broker.bootstrapServers())) {
      URI uri = URI.create(service.awaitOutput("serving streamgrad at (\\S+)"));
      Map<String, Object> client = Map.of("bootstrap.servers", broker.bootstrapServers());
      send(client);
      unfinished = sent.size() - committed(client);
      assertThat(unfinished).as("records that wait when the last is sent").isPositive();

      Awaitility.await()
          .atMost(Duration.ofMinutes(5))
          .pollInterval(Duration.ofMillis(500))
          .until(
              () -> {
                assertThat(service.isAlive()).as(service.output()).isTrue();
                return deadLettersCounted(uri) >= expected.size();
              });
      assertThat(deadLettersCounted(uri)).isEqualTo(expected.size());
      assertThat(service.terminate()).isEqualTo(143);

      assertDeadLetters(read(client, config.topics().deadLetters()));
      assertThat(read(client, config.topics().predictions())).hasSize(predictions);
      assertThat(sha256(client, MODEL))
          .isEqualTo(TestBatches.learnedSha256(config, MODEL, learned));
      assertThat(sha256(client, MUTANTS))
          .isEqualTo(TestBatches.learnedSha256(config, MUTANTS, learnedMutants));
      assertThat(service.output()).doesNotContain(BadRecords.MARK);
      assertOracleAgrees(broker.bootstrapServers());
    }
  }

  private void assertOracleAgrees(String server) throws IOException {
    Map<String, String> settings = new TreeMap<>(SETTINGS);
    settings.put("kafka.bootstrap.servers", server);
    VerificationReport report =
        Verifier.verify(ConfigLoader.load(null, Map.of(), settings), Verifier.Scope.ALL);
    assertThat(report.disagreements()).isEmpty();
    assertThat(report.deadLetters()).isEqualTo(expected.size());
    assertThat(report.predictions()).isEqualTo(predictions);
    Reliability.row(
        Reliability.Table.FAULTS,
        "bad records among good ones, Protobuf and JSON, heap of 160 MB",
        SEED,
        report.deadLetters(),
        sent.size(),
        unfinished,
        "agrees");
    Reliability.row(
        Reliability.Table.KINDS,
        "values that are not JSON, JSON without its header, schema registries' frames, text that is"
            + " not"
            + " UTF-8, other charsets, ends of groups, and %d other kinds of bad records"
                .formatted(BadRecords.kinds() - 6),
        SEED,
        report.deadLetters(),
        "each is a dead letter, once; the oracle agrees");
    Reliability.row(
        Reliability.Table.KINDS,
        "good batches under %d content types, with unknown fields in JSON".formatted(TYPES.size()),
        SEED,
        learned.size(),
        "all learned, to the same bits");
  }

  /** With 160 MB for all that comes, at debug level, and ended by the first lack of memory. */
  private Running serve(String server) throws IOException {
    List<String> arguments = new ArrayList<>();
    arguments.add("serve");
    Map<String, String> settings = new TreeMap<>(SETTINGS);
    settings.put("kafka.bootstrap.servers", server);
    settings.put("state-dir", directory.resolve("state").toString());
    settings.forEach((key, value) -> arguments.addAll(List.of("-c", key + "=" + value)));
    return new Running(
        directory,
        List.of("-Xmx160m", "-XX:+ExitOnOutOfMemoryError", "-Dstreamgrad.log.level=DEBUG"),
        Map.of(),
        arguments);
  }

  private void send(Map<String, Object> client) {
    BadRecords bad = new BadRecords(config.topics().images(), MODEL, SEED);
    List<ImageBatch> good = TestBatches.labeled(BAD / GOOD_EVERY, SEED);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int i = 0; expected.size() < BAD; i++) {
        if (i % GOOD_EVERY == 0 && i / GOOD_EVERY < good.size()) {
          ImageBatch batch = good.get(i / GOOD_EVERY);
          learned.add(batch);
          predictions++;
          send(producer, good(batch, i / GOOD_EVERY), null);
        }
        if (i % MUTANT_EVERY == 0) {
          ProducerRecord<byte[], byte[]> mutant = bad.mutant(MUTANTS);
          send(producer, mutant, reasonOf(mutant));
        }
        BadRecords.Bad next = bad.next(i);
        send(producer, next.record(), next.reason().text());
      }
      producer.flush();
    }
  }

  /** In Protobuf or JSON, under each of their names. */
  private ProducerRecord<byte[], byte[]> good(ImageBatch batch, int i) {
    String type = TYPES.get(i % TYPES.size());
    byte[] value =
        type.toLowerCase(Locale.ROOT).contains("json")
            ? BadRecords.json(batch).replaceFirst("\\{", "{\"later\": [{}],").getBytes(UTF_8)
            : batch.toByteArray();
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(config.topics().images(), MODEL.getBytes(UTF_8), value);
    if (!type.isEmpty()) {
      record.headers().add(i % 2 == 0 ? "Content-Type" : "content-type", type.getBytes(UTF_8));
    }
    return record;
  }

  /** What the decoder says of a record of which nobody can know beforehand. */
  private @Nullable String reasonOf(ProducerRecord<byte[], byte[]> mutant) {
    try {
      var batch =
          ImageBatchDecoder.decode(mutant.headers(), mutant.value(), config.model(MUTANTS)).batch();
      predictions++;
      if (batch.labeled()) {
        learnedMutants.add(ImageBatch.parseFrom(asProtobuf(mutant)));
      }
      return null;
    } catch (BadRecordException e) {
      return e.reason().text();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] asProtobuf(ProducerRecord<byte[], byte[]> record)
      throws BadRecordException, InvalidProtocolBufferException {
    if (ContentType.of(record.headers()) == ContentType.PROTOBUF) {
      return record.value();
    }
    ImageBatch.Builder message = ImageBatch.newBuilder();
    JsonFormat.parser().ignoringUnknownFields().merge(new String(record.value(), UTF_8), message);
    return message.build().toByteArray();
  }

  /** The log has one partition and one producer without transactions: offsets count the records. */
  @SuppressWarnings("FutureReturnValueIgnored") // what is not sent is missed in the end
  private void send(
      KafkaProducer<byte[], byte[]> producer,
      ProducerRecord<byte[], byte[]> record,
      @Nullable String reason) {
    long offset = sent.size();
    sent.put(offset, record);
    if (reason != null) {
      expected.put(offset, reason);
    }
    producer.send(record);
  }

  private void assertDeadLetters(List<ConsumerRecord<byte[], byte[]>> letters) {
    Map<Long, String> found = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> letter : letters) {
      long offset = Long.parseLong(header(letter, "__streams.errors.offset"));
      assertThat(found.put(offset, header(letter, "streamgrad.error.reason")))
          .as("a second letter for offset %d", offset)
          .isNull();
      ProducerRecord<byte[], byte[]> record = Objects.requireNonNull(sent.get(offset));
      assertThat(letter.key()).isEqualTo(record.key());
      assertThat(letter.value()).isEqualTo(record.value());
    }
    assertThat(found).isEqualTo(expected);
    assertThat(found.values()).containsOnly(reasons());
  }

  private static String[] reasons() {
    return Arrays.stream(BadRecordException.Reason.values())
        .filter(reason -> reason != BadRecordException.Reason.WRONG_PARTITION) // there is one
        .filter(reason -> reason != BadRecordException.Reason.MODEL_NOT_ALLOWED) // all are
        .filter(reason -> reason != BadRecordException.Reason.TOO_MANY_MODELS)
        .filter(reason -> reason != BadRecordException.Reason.FOLLOWER)
        .filter(reason -> reason != BadRecordException.Reason.NO_BATCH) // of labels
        .filter(reason -> reason != BadRecordException.Reason.BAD_COMMAND) // of commands
        .map(BadRecordException.Reason::text)
        .toArray(String[]::new);
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = Objects.requireNonNull(record.headers().lastHeader(name), name);
    return new String(header.value(), UTF_8);
  }

  /** How many records the service has committed. */
  private long committed(Map<String, Object> client) throws Exception {
    try (Admin admin = Admin.create(client)) {
      return admin
          .listConsumerGroupOffsets(config.applicationId())
          .partitionsToOffsetAndMetadata()
          .get()
          .values()
          .stream()
          .mapToLong(OffsetAndMetadata::offset)
          .sum();
    }
  }

  private static long deadLettersCounted(URI service) throws Exception {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(service.resolve("metrics")).build(), BodyHandlers.ofString())
        .body()
        .lines()
        .filter(line -> line.startsWith("streamgrad_dead_letters_total{"))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** All committed records of a topic that nobody writes any more. */
  private static List<ConsumerRecord<byte[], byte[]>> read(
      Map<String, Object> client, String topic) {
    try (KafkaConsumer<byte[], byte[]> consumer = TopicTail.consumer(client)) {
      TopicPartition partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
      while (consumer.position(partition) < end) {
        consumer.poll(Duration.ofMillis(200)).forEach(records::add);
      }
      return records;
    }
  }

  private String sha256(Map<String, Object> client, String model) {
    try (KafkaConsumer<byte[], byte[]> consumer = TopicTail.consumer(client)) {
      ModelEntry stored =
          ChangelogReader.read(consumer, ChangelogReader.topic(config.applicationId())).get(model);
      return ModelCodec.weightsSha256(Objects.requireNonNull(stored));
    }
  }
}
