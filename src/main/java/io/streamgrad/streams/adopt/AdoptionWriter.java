package io.streamgrad.streams.adopt;

import com.google.protobuf.Message;
import io.streamgrad.config.OutputsConfig;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.model.Control;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.input.KafkaInputLog;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.settings.Answers;
import io.streamgrad.streams.settings.StreamsProperties;
import io.streamgrad.v1.Adoption;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.wire.ContentType;
import io.streamgrad.wire.InputPositions;
import io.streamgrad.wire.MessageSerializer;
import io.streamgrad.wire.SnapshotMessages;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.jspecify.annotations.Nullable;

/**
 * Writes an adoption in one transaction: the models with their new lineage, the position and the
 * adoption in the changelog, the group's offset, a report on each model, and, where there is a
 * topic for them, a snapshot of each, for the oracle to begin with.
 */
final class AdoptionWriter {
  private final ServiceConfig config;
  private final Admin admin;

  AdoptionWriter(ServiceConfig config, Admin admin) {
    this.config = config;
    this.admin = admin;
  }

  /**
   * Has a partition's models go on at an offset.
   *
   * @param labels place in the labels topic; null where there is none
   * @param commands place in the commands topic; null where there is none
   * @throws KafkaException if it could not be written; then nothing is
   */
  @SuppressWarnings("FutureReturnValueIgnored") // commitTransaction throws what a send failed with
  void write(
      PartitionAdoption partition,
      long offset,
      @Nullable Position labels,
      @Nullable Position commands,
      String reason) {
    LogState log = partition.log();
    List<Position> others = Stream.of(labels, commands).flatMap(Stream::ofNullable).toList();
    Adoption adoption = adoption(partition, offset, others, reason);
    partition
        .edit()
        .adopt(
            log.position(offset),
            labels,
            commands,
            adoption.getNewBeginning(),
            adoption.toByteArray());
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    String changelog = ChangelogReader.topic(config.applicationId());
    partition
        .edit()
        .changes()
        .forEach(
            change ->
                records.add(
                    new ProducerRecord<>(changelog, log.partition(), change.key, change.value)));
    addOutputs(partition, adoption, records);
    try (KafkaConsumer<byte[], byte[]> group = KafkaInputLog.consumer(config);
        KafkaProducer<byte[], byte[]> producer = producer()) {
      producer.initTransactions();
      producer.beginTransaction();
      try {
        records.forEach(producer::send);
        producer.sendOffsetsToTransaction(offsets(log, offset, others), group.groupMetadata());
        producer.commitTransaction();
      } catch (KafkaException e) {
        producer.abortTransaction();
        throw e;
      }
    }
  }

  private static Map<TopicPartition, OffsetAndMetadata> offsets(
      LogState images, long offset, List<Position> others) {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    offsets.put(
        new TopicPartition(images.topic(), images.partition()), new OffsetAndMetadata(offset));
    for (Position other : others) {
      offsets.put(
          new TopicPartition(other.topic(), other.partition()),
          new OffsetAndMetadata(other.offset()));
    }
    return offsets;
  }

  private Adoption adoption(
      PartitionAdoption partition, long offset, List<Position> others, String reason) {
    LogState log = partition.log();
    Position from = partition.stored().position();
    Adoption.Builder adoption =
        Adoption.newBuilder()
            .setTo(InputPositions.of(log.topic(), log.partition(), offset))
            .setToTopicId(log.topicId())
            .setTime(System.currentTimeMillis())
            .setReason(reason)
            .setNewBeginning(partition.isNewBeginning(offset));
    if (from != null) {
      adoption
          .setFrom(InputPositions.of(from.topic(), from.partition(), from.offset()))
          .setFromTopicId(from.topicId());
    }
    for (String topic :
        List.of(
            config.topics().predictions(),
            config.topics().deadLetters(),
            config.topics().snapshots(),
            config.topics().applied())) {
      ends(topic)
          .forEach(
              (end, next) -> adoption.addOutputs(InputPositions.of(topic, end.partition(), next)));
    }
    for (Position other : others) {
      adoption.addOutputs(InputPositions.of(other.topic(), other.partition(), other.offset()));
    }
    return adoption.build();
  }

  /** The offset after the last record of each partition; none if there is no such topic. */
  private Map<TopicPartition, Long> ends(String topic) {
    int count;
    try {
      count = KafkaInputLog.describe(admin, topic).partitions().size();
    } catch (UnknownTopicOrPartitionException | TopicAuthorizationException e) {
      return Map.of(); // the service writes no snapshots
    }
    Map<TopicPartition, OffsetSpec> latest =
        IntStream.range(0, count)
            .mapToObj(p -> new TopicPartition(topic, p))
            .collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest()));
    Map<TopicPartition, Long> ends = new HashMap<>();
    Answers.of(admin.listOffsets(latest).all())
        .forEach((partition, end) -> ends.put(partition, end.offset()));
    return ends;
  }

  private void addOutputs(
      PartitionAdoption partition,
      Adoption adoption,
      List<ProducerRecord<byte[], byte[]>> records) {
    WeightsStore store = partition.edit().store();
    ContentType format =
        config.outputs().format() == OutputsConfig.Format.JSON
            ? ContentType.JSON
            : ContentType.PROTOBUF;
    String snapshots = config.topics().snapshots();
    boolean hasSnapshots =
        adoption.getOutputsList().stream().anyMatch(end -> end.getTopic().equals(snapshots));
    for (String name : store.names()) {
      ModelEntry model = store.get(name);
      if (model == null) {
        continue;
      }
      records.add(report(name, model, adoption, format));
      if (hasSnapshots) {
        long offset = model.lineage().offset();
        InputPosition last = adoption.getTo().toBuilder().setOffset(offset).build();
        SnapshotMessages.of(name, model, last, model.state().version())
            .forEach(
                (key, piece) ->
                    records.add(
                        record(snapshots, last.getPartition(), key, piece, ContentType.PROTOBUF)));
      }
    }
    if (store.names().isEmpty()) {
      records.add(report(config.defaultModel(), null, adoption, format));
    }
  }

  private ProducerRecord<byte[], byte[]> report(
      String name, @Nullable ModelEntry model, Adoption adoption, ContentType format) {
    Control control = model == null ? Control.NONE : model.state().control();
    MetricsReport report =
        MetricsReport.newBuilder()
            .setModel(name)
            .setModelVersion(model == null ? 0 : model.state().version())
            .setReason(MetricsReport.Reason.REASON_ADOPTED)
            .setInput(adoption.getTo())
            .setAdoption(adoption)
            .setIncarnation(control.incarnation())
            .setPaused(control.paused())
            .build();
    return record(config.topics().metrics(), null, name, report, format);
  }

  private static <T extends Message> ProducerRecord<byte[], byte[]> record(
      String topic, @Nullable Integer partition, String key, T message, ContentType format) {
    RecordHeaders headers = new RecordHeaders();
    byte[] value = new MessageSerializer<T>(format).serialize(topic, headers, message);
    return new ProducerRecord<>(
        topic, partition, key.getBytes(StandardCharsets.UTF_8), value, headers);
  }

  private KafkaProducer<byte[], byte[]> producer() {
    Map<String, Object> settings =
        new StreamsConfig(StreamsProperties.of(config))
            .getProducerConfigs(config.applicationId() + "-adopt");
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, config.applicationId() + "-adopt");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
