package io.streamgrad.streams.learn;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.streams.input.InputLog;
import io.streamgrad.streams.input.RecordReader;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.ImageBatchDecoder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The images of batches whose labels may come later: in memory as long as they may be, the oldest
 * of them, since labels mostly come in the order of their images; the others are read again from
 * the images topic. A model shares them with its followers. What is here is part of no state. Used
 * by one thread at a time.
 */
final class PendingImages implements AutoCloseable {
  private final long most; // bytes
  private final @Nullable InputLog log; // null: all are in memory
  private final int partition;
  private final Map<Long, Kept> kept = new HashMap<>(); // by offset
  private @Nullable RecordReader reader; // null before the first that is read again
  private long lastRead = -1; // offset
  private @Nullable MiniBatch last; // what was found there
  private long bytes;

  /** Images, and the models that wait for their labels. */
  private record Kept(MiniBatch batch, Set<String> models) {}

  /**
   * None yet.
   *
   * @param log of the images topic; null where there is no cluster to ask, and all are kept
   */
  PendingImages(ServiceConfig config, int partition, @Nullable InputLog log) {
    most = log == null ? Long.MAX_VALUE : config.labels().waitBytes();
    this.log = log;
    this.partition = partition;
  }

  /** A batch came whose labels may come later. */
  void add(String model, long offset, MiniBatch batch) {
    Kept there = kept.get(offset);
    if (there != null) {
      there.models().add(model);
    } else if (bytes + size(batch) <= most) {
      bytes += size(batch);
      kept.put(offset, new Kept(batch, new HashSet<>(Set.of(model))));
    }
  }

  /**
   * The images of a batch that came.
   *
   * @param config that it was decoded with
   * @return null if they are not there any more
   */
  @Nullable MiniBatch get(String model, long offset, ServiceConfig config) {
    Kept there = kept.get(offset);
    if (there != null) {
      return there.batch();
    }
    if (offset != lastRead) { // all models of a record must find the same
      last = read(model, offset, config);
      lastRead = offset;
    }
    return last;
  }

  private @Nullable MiniBatch read(String model, long offset, ServiceConfig config) {
    RecordReader opened = reader;
    if (opened == null) {
      if (log == null) {
        throw new IllegalStateException("images of offset %d were not kept".formatted(offset));
      }
      opened = log.reader(partition);
      reader = opened;
    }
    ConsumerRecord<byte[], byte[]> record = opened.read(offset);
    try {
      return record == null
          ? null
          : ImageBatchDecoder.decode(
                  record.headers(), record.value(), config.model(model).ofAnyBatchSize())
              .batch();
    } catch (BadRecordException e) {
      throw new IllegalStateException("a batch that was decoded before", e);
    }
  }

  /** The images of a batch are not needed any more by a model. */
  void remove(String model, long offset) {
    Kept there = kept.get(offset);
    if (there != null && there.models().remove(model) && there.models().isEmpty()) {
      kept.remove(offset);
      bytes -= size(there.batch());
    }
  }

  private static long size(MiniBatch batch) {
    return (long) batch.images() * batch.pixelsPerImage();
  }

  @Override
  public void close() {
    kept.clear();
    bytes = 0;
    lastRead = -1;
    last = null;
    if (reader != null) {
      reader.close();
      reader = null;
    }
  }
}
