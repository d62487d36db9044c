package io.streamgrad.streams.learn;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.LearningSettings;
import io.streamgrad.format.changelog.Checks;
import io.streamgrad.format.changelog.LabelsTaken;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.Moment;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.input.InputLog;
import io.streamgrad.streams.input.InputLogs;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.DecodedLabels;
import io.streamgrad.wire.ImageBatchDecoder;
import io.streamgrad.wire.InputPositions;
import io.streamgrad.wire.LabelBatchDecoder;
import io.streamgrad.wire.ModelLimit;
import io.streamgrad.wire.ModelName;
import io.streamgrad.wire.ModelPartitions;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.streams.errors.StreamsException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stored states lack, learned again from the input: the last part of restoring a partition. It
 * makes no outputs. What comes of it must be what was there before, bit for bit, as far as the
 * position beside the states tells.
 *
 * <p><em>Threading.</em> {@link #run} has models and store to itself until it is {@link #isDone}.
 * Any thread may call the other methods.
 */
public final class InputReplay implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(InputReplay.class);
  private static final String WHAT_TO_DO =
      "start the version of Streamgrad that learned them, stop it gracefully (SIGTERM), and start"
          + " this one again";

  private final ServiceConfig config;
  private final ModelPartitions partitions;
  private final LabelBatchDecoder labelDecoder;
  private final InputLog input;
  private final Range range;
  private final LabelsReplay labels;
  private final PendingImages images;
  private final WeightsStore weights;
  private final @Nullable Position expected;
  private long learned; // batches
  private long timestamp; // the highest so far, of images
  private long labelsTimestamp; // the same, of labels
  private long nextLabels; // offset
  private volatile long at; // next offset
  private @Nullable Thread runner; // guarded by this
  private volatile boolean stopped;
  private volatile boolean done;
  private volatile @Nullable RuntimeException failure;
  private final CountDownLatch ended = new CountDownLatch(1);

  /** Offsets of one partition, the second one excluded. */
  public record Range(int partition, long from, long to) {
    /** Whether there is nothing in it. */
    public boolean isEmpty() {
      return from >= to;
    }
  }

  /**
   * Not begun yet.
   *
   * <p>Models learn with the settings that they have learned with before, which the store has;
   * where it does not, with those of the configuration and the defaults of then.
   *
   * @param log the input
   * @param range of it, which must be there
   * @param labels that came after their images
   * @param images keep the images of batches whose labels may come
   * @param expected what is known of the models after it; null if nothing is
   * @throws io.streamgrad.config.ConfigException if the settings in the store are none of this
   *     version
   */
  InputReplay(
      ServiceConfig now,
      LogState log,
      InputLog input,
      Range range,
      LabelsReplay labels,
      PendingImages images,
      WeightsStore weights,
      @Nullable Position expected) {
    String settings = weights.input().settings();
    config =
        LearningSettings.in(now, settings == null ? LearningSettings.beforeStored(now) : settings);
    partitions = new ModelPartitions(config, log.partitions());
    labelDecoder = new LabelBatchDecoder(config.topics().images());
    this.input = input;
    this.range = range;
    this.labels = labels;
    this.images = images;
    nextLabels = labels.from();
    this.weights = weights;
    this.expected = expected;
    at = range.from();
  }

  /** The same, of a stopped service, where nobody else keeps images. */
  public static InputReplay of(
      ServiceConfig now,
      LogState log,
      InputLogs input,
      Range range,
      WeightsStore weights,
      @Nullable Position expected) {
    return new InputReplay(
        now,
        log,
        input.images(),
        range,
        LabelsReplay.of(input.labels(), range.partition(), weights.input()),
        new PendingImages(now, range.partition(), input.images()),
        weights,
        expected);
  }

  /**
   * Learns all of it, or until it is stopped.
   *
   * @throws UnreadableStateException if what comes of it is not what was there before, or records
   *     are deleted meanwhile
   * @throws org.apache.kafka.common.KafkaException if the input can't be read
   */
  @Override
  public void run() {
    if (!begin()) {
      ended.countDown();
      return;
    }
    try {
      checkMathematics();
      LOG.info("learning again what stored states lack: {}", this);
      PartitionModels models = new PartitionModels(config, weights, images); // while it runs
      ModelLimit limit = new ModelLimit(config, weights.namesEver());
      labels.read();
      input.read(
          range.partition(), range.from(), range.to(), record -> take(models, limit, record));
      takeLabels(models, Long.MAX_VALUE);
      if (!stopped) {
        check();
        weights.learnedAgain();
        LOG.info("learned again, {} batches: {}", learned, this);
        done = true;
      }
    } catch (InvalidOffsetException e) {
      failure =
          new UnreadableStateException(
              "%s: records were deleted before they were learned again; start the service again, which says how to go on"
                  .formatted(this));
      throw failure;
    } catch (RuntimeException e) {
      if (!(stopped && e instanceof InterruptException)) {
        failure = e;
        throw e;
      }
    } finally {
      end();
    }
  }

  private synchronized boolean begin() {
    runner = stopped ? null : Thread.currentThread();
    return runner != null;
  }

  private synchronized void end() {
    runner = null;
    Thread.interrupted(); // it is for this work alone
    ended.countDown();
  }

  private void checkMathematics() {
    if (expected != null
        && expected.mathematics() != Position.UNKNOWN
        && expected.mathematics() != Learner.MATHEMATICS) {
      throw new UnreadableStateException(
          "%s can't be learned again: they were learned by mathematics %d, and those of this version are %d; %s"
              .formatted(this, expected.mathematics(), Learner.MATHEMATICS, WHAT_TO_DO));
    }
  }

  private boolean take(
      PartitionModels models, ModelLimit limit, ConsumerRecord<byte[], byte[]> record) {
    takeLabels(models, record.offset());
    timestamp = Math.max(timestamp, record.timestamp());
    try {
      String name = ModelName.of(record.key(), config.defaultModel());
      partitions.check(record.key(), record.partition());
      DecodedBatch batch =
          ImageBatchDecoder.decode(record.headers(), record.value(), config.model(name));
      limit.check(name, batch);
      long time = record.timestamp() >= 0 ? record.timestamp() : timestamp; // as ValidTimestamps
      Moment moment = new Moment(record.offset(), nextLabels);
      if (models.again(name, batch, new Event(position(record), time, moment))) {
        learned++;
      }
    } catch (BadRecordException e) {
      // It is among the dead letters, or will be: it is no part of any state.
    }
    at = record.offset() + 1;
    return !stopped;
  }

  /** Takes the labels that took effect before an images record. */
  private void takeLabels(PartitionModels models, long images) {
    for (LabelsTaken taken; !stopped && (taken = labels.nextBefore(images)) != null; ) {
      ConsumerRecord<byte[], byte[]> record = labels.record(taken);
      if (record == null) {
        throw new UnreadableStateException(
            "%s: labels of offset %d were deleted before they were learned again; start the service again, which says how to go on"
                .formatted(this, taken.labels()));
      }
      nextLabels = taken.labels();
      try {
        String name = ModelName.of(record.key(), config.defaultModel());
        DecodedLabels decoded =
            labelDecoder.decode(
                record.headers(), record.value(), config.model(name), record.partition());
        labelsTimestamp = Math.max(labelsTimestamp, record.timestamp());
        long time = record.timestamp() >= 0 ? record.timestamp() : labelsTimestamp;
        Event event = new Event(position(record), time, new Moment(taken.images(), taken.labels()));
        models.again(name, decoded.labels(), event, taken);
      } catch (BadRecordException e) {
        throw new IllegalStateException("labels that were good before", e);
      }
      nextLabels = taken.labels() + 1;
    }
  }

  private static InputPosition position(ConsumerRecord<byte[], byte[]> record) {
    return InputPositions.of(record.topic(), record.partition(), record.offset());
  }

  private void check() {
    if (expected == null) {
      return;
    }
    boolean same =
        expected.mathematics() == Position.UNKNOWN
            ? expected.states() == states()
            : expected.models() == weights.models();
    if (!same) {
      throw new UnreadableStateException(
          "%s, learned again, do not give the models that were there before; %s"
              .formatted(this, WHAT_TO_DO));
    }
  }

  /** The number of positions before layout version 2, over models as they are. */
  private long states() {
    long sum = 0;
    for (String name : weights.names()) {
      ModelEntry model = weights.get(name);
      sum += model == null ? 0 : Checks.state(name, model);
    }
    return sum;
  }

  /** Has {@link #run} end soon, after the batch that it is at, or while it waits for Kafka. */
  public synchronized void stop() {
    stopped = true;
    Thread running = runner;
    if (running != null) {
      running.interrupt();
    }
  }

  /** Whether all of it was learned. */
  public boolean isDone() {
    return done;
  }

  /** Whether it has neither ended nor failed. */
  boolean isRunning() {
    return !done && failure == null;
  }

  /**
   * Returns when {@link #run} has ended, one way or another.
   *
   * @throws StreamsException if it has failed, with the reason
   */
  void await() {
    try {
      ended.await();
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
    isUnderWay();
  }

  /**
   * Whether it has not ended.
   *
   * @throws StreamsException if it has failed, with the reason: as it is, Kafka Streams might take
   *     it for an exception of its own clients, and go on
   */
  boolean isUnderWay() {
    RuntimeException failed = failure;
    if (failed != null) {
      throw new StreamsException("weights can't be restored", failed);
    }
    return !done;
  }

  /** For a person: what it is about, and how far it has come. */
  @Override
  public String toString() {
    return "batches %d to %d of %s-%d (at %d)"
        .formatted(range.from(), range.to() - 1, config.topics().images(), range.partition(), at);
  }
}
