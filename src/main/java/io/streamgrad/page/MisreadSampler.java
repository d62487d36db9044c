package io.streamgrad.page;

import io.streamgrad.config.Partitioner;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.ImageRecords;
import io.streamgrad.wire.MessageReader;
import io.streamgrad.wire.ModelPartitions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;

/**
 * Finds misread images where they lie: some of the last committed predictions, and the batches they
 * are of. So the learner has nothing to do with it, and the topics are not read but for a few
 * records now and then. Labels that come later are not there yet: of such batches nothing is found.
 *
 * <p>Not thread-safe, as its consumer.
 */
final class MisreadSampler {
  private static final int RECORDS = 40; // at the end of a partition, markers included
  private static final int BATCHES = 3;
  private static final int PASSED_OVER = 10_000;
  private static final Duration PATIENCE = Duration.ofMillis(500);

  private final Consumer<byte[], byte[]> consumer; // read_committed
  private final ServiceConfig config;
  private final MisreadImages found;
  private final MessageReader<PredictionBatch> predictionReader =
      new MessageReader<>(PredictionBatch.getDefaultInstance());
  private final Map<Integer, Long> seen = new HashMap<>(); // offset of a prediction, by partition
  private final Map<String, Place> places = new HashMap<>(); // by model

  /** Before this offset no prediction is of this time or later. */
  private record Place(long time, long offset) {}

  MisreadSampler(Consumer<byte[], byte[]> consumer, ServiceConfig config, MisreadImages found) {
    this.consumer = consumer;
    this.config = config;
    this.found = found;
  }

  /** Takes a sample of what these models have predicted last. */
  void sample(Set<String> models) {
    places.keySet().retainAll(models);
    for (TopicPartition partition :
        models.stream().map(this::predictions).collect(Collectors.toSet())) {
      List<ConsumerRecord<byte[], byte[]>> last = last(partition);
      if (!last.isEmpty()) {
        seen.put(partition.partition(), last.get(last.size() - 1).offset());
      }
      find(last, models);
    }
  }

  /**
   * Takes a sample of what a model predicted at a time: of one whose images come no more, or
   * without labels.
   *
   * @param time of a batch, milliseconds since 1970
   */
  void sample(String model, long time) {
    TopicPartition of = predictions(model);
    Place place = places.get(model);
    if (place == null || place.time() != time) {
      OffsetAndTimestamp first = consumer.offsetsForTimes(Map.of(of, time)).get(of);
      if (first == null) {
        return;
      }
      place = new Place(time, first.offset());
    }
    find(since(model, of, place), Set.of(model));
  }

  /**
   * The first predictions that are not earlier than a time. Kafka looks for it in the markers of
   * commits as well, which have the broker's time: where the records have times of long ago, it is
   * too early. What lies before is passed over, at most {@value #PASSED_OVER} offsets at a time,
   * and the next sample goes on from there.
   */
  private List<ConsumerRecord<byte[], byte[]>> since(
      String model, TopicPartition partition, Place place) {
    List<ConsumerRecord<byte[], byte[]>> records;
    long next = place.offset();
    long before;
    do {
      before = next;
      records =
          from(partition, before).stream()
              .filter(record -> record.timestamp() >= place.time())
              .toList();
      next = records.isEmpty() ? consumer.position(partition) : before;
    } while (records.isEmpty() && before < next && next < place.offset() + PASSED_OVER);
    places.put(model, new Place(place.time(), next));
    return records;
  }

  /** Where a model's predictions lie: where the producer puts its name, which is their key. */
  private TopicPartition predictions(String model) {
    String topic = config.topics().predictions();
    byte[] key = model.getBytes(StandardCharsets.UTF_8);
    return new TopicPartition(
        topic,
        ModelPartitions.partition(
            Partitioner.MURMUR2, key, Math.max(1, consumer.partitionsFor(topic).size())));
  }

  /** Where a model lives, and so its images lie: those of a follower are its leader's. */
  private TopicPartition images(String model) {
    String topic = config.topics().images();
    int count = Math.max(1, consumer.partitionsFor(topic).size());
    return new TopicPartition(topic, new ModelPartitions(config, count).of(model));
  }

  private void find(List<ConsumerRecord<byte[], byte[]>> records, Set<String> models) {
    List<PredictionBatch> wrong = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      PredictionBatch prediction = prediction(record);
      if (prediction != null
          && models.contains(prediction.getModel())
          && prediction.hasScore()
          && prediction.getScore().getCorrect() < prediction.getClassesCount()) {
        wrong.add(prediction);
      }
    }
    wrong.subList(0, Math.max(0, wrong.size() - BATCHES)).clear();
    wrong.sort(Comparator.comparingLong(prediction -> prediction.getInput().getOffset()));
    for (PredictionBatch prediction : wrong) {
      find(images(prediction.getModel()), prediction);
    }
  }

  private List<ConsumerRecord<byte[], byte[]>> last(TopicPartition partition) {
    Set<TopicPartition> one = Set.of(partition);
    consumer.assign(one);
    long end = consumer.endOffsets(one).getOrDefault(partition, 0L);
    long begin =
        Math.max(
            Math.max(end - RECORDS, seen.getOrDefault(partition.partition(), -1L) + 1),
            consumer.beginningOffsets(one).getOrDefault(partition, 0L));
    return begin >= end ? List.of() : from(partition, begin);
  }

  private List<ConsumerRecord<byte[], byte[]>> from(TopicPartition partition, long offset) {
    consumer.assign(Set.of(partition));
    consumer.seek(partition, offset);
    return consumer.poll(PATIENCE).records(partition);
  }

  private void find(TopicPartition partition, PredictionBatch prediction) {
    for (ConsumerRecord<byte[], byte[]> record :
        from(partition, prediction.getInput().getOffset())) {
      if (record.offset() == prediction.getInput().getOffset()) {
        ImageBatch batch = images(record, prediction.getModel());
        if (batch != null) {
          found.add(prediction, batch);
        }
        return;
      }
    }
  }

  /** Null where somebody else has written to the topic. */
  private @Nullable PredictionBatch prediction(ConsumerRecord<byte[], byte[]> record) {
    try {
      return predictionReader.deserialize(record.topic(), record.headers(), record.value());
    } catch (SerializationException e) {
      return null;
    }
  }

  /** Null where it is no batch, or none of the model as it is configured now. */
  private @Nullable ImageBatch images(ConsumerRecord<byte[], byte[]> record, String model) {
    try {
      return ImageRecords.read(record.headers(), record.value(), config.model(model));
    } catch (BadRecordException e) {
      return null;
    }
  }
}
