package io.streamgrad.streams.input;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.streams.input.Mismatch.Kind;
import io.streamgrad.streams.settings.Answers;
import io.streamgrad.streams.settings.Daemons;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches, while a service runs, that its input stays the one that it was: the topic, its number of
 * partitions, the other members of the group, and that no record is deleted before it is learned;
 * that what stored states lack stays there, and that the topics it writes to do not go ({@link
 * WrittenTopics}). Kafka Streams itself says nothing of these, or goes on with what is left. (That
 * nobody sets the offsets of a group that is active, Kafka sees to.)
 *
 * <p>Threading: looks on a thread of its own, which also says what is wrong, once.
 */
public final class InputMonitor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(InputMonitor.class);
  private static final Duration EVERY = Duration.ofSeconds(15);

  private final ServiceConfig config;
  private final Consumer<RuntimeException> wrong;
  private final WrittenTopics written;
  private final Map<Integer, Long> gaps = new HashMap<>(); // by partition, not judged yet
  private @Nullable TopicDescription first;
  private final ScheduledExecutorService thread = Daemons.scheduler("input-monitor");

  /** Says what is wrong to {@code wrong}, and then looks no more. */
  public InputMonitor(ServiceConfig config, Consumer<RuntimeException> wrong) {
    this.config = config;
    written = new WrittenTopics(config);
    this.wrong = wrong;
  }

  /**
   * Looks from now on.
   *
   * @param running gives the stores of all tasks that run, by partition
   */
  @SuppressWarnings("FutureReturnValueIgnored") // nothing is thrown
  public void start(Supplier<Map<Integer, WeightsStore>> running) {
    thread.scheduleWithFixedDelay(() -> look(running), 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look(Supplier<Map<Integer, WeightsStore>> running) {
    Admin admin = Admin.create(StreamsProperties.admin(config));
    try {
      checkTopic(KafkaInputLog.describe(admin, config.topics().images()));
      GroupMembers.of(admin, config).requireOnlyOurs(config);
      checkGaps(admin, running);
      checkLag(admin, running.get());
      written.check(admin);
    } catch (InputMismatchException | TopicsException e) {
      thread.shutdown();
      wrong.accept(e);
    } catch (UnknownTopicOrPartitionException e) {
      LOG.debug("no such topic; Kafka Streams will say so", e);
    } catch (InterruptException e) {
      Thread.currentThread().interrupt(); // closed
    } catch (KafkaException e) {
      LOG.warn("can't look whether the input is as it was: {}", Failures.message(e));
    } finally {
      admin.close(Duration.ZERO);
    }
  }

  private void checkTopic(TopicDescription now) {
    if (first == null) {
      first = now;
    }
    TopicDescription before = Objects.requireNonNull(first);
    if (!now.topicId().equals(before.topicId())) {
      throw new InputMismatchException(InputCheck.madeAnew(config.applicationId(), before, now));
    }
    int partitions = before.partitions().size();
    if (now.partitions().size() != partitions) {
      throw new InputMismatchException(
          InputCheck.partitionsChanged(
              config.applicationId(), now.name(), partitions, now.partitions().size()));
    }
  }

  /**
   * Offsets that were passed over are of markers, of records that were taken back, or of records
   * that are deleted: then the log begins behind them.
   */
  private void checkGaps(Admin admin, Supplier<Map<Integer, WeightsStore>> running) {
    Map<Integer, WeightsStore> stores = running.get();
    gaps.keySet().retainAll(stores.keySet());
    stores.forEach(
        (partition, store) -> {
          long gap = store.takeGap();
          if (gap >= 0) {
            gaps.merge(partition, gap, Math::min);
          }
        });
    for (Map.Entry<Integer, Long> gap : gaps.entrySet()) {
      TopicPartition input = new TopicPartition(config.topics().images(), gap.getKey());
      long start = start(admin, input);
      if (start > gap.getValue()) {
        throw new InputMismatchException(
            new Mismatch(
                Kind.RECORDS_DELETED,
                "%s begins at offset %d, and offset %d was the next to be learned: records were deleted before they were"
                    .formatted(input, start, gap.getValue()),
                "leave them out",
                "Raise the topic's retention, or give the service the cores to keep up; start it"
                    + " again to go on without them"));
      }
    }
    gaps.clear();
  }

  /**
   * What states lack must stay in the log: where its start comes as near as they lack records, they
   * are written now.
   */
  private void checkLag(Admin admin, Map<Integer, WeightsStore> stores) {
    stores.forEach(
        (partition, store) -> {
          TopicPartition input = new TopicPartition(config.topics().images(), partition);
          long start = start(admin, input);
          WeightsStore.Lag lag = store.lag();
          if (start > 0 && store.isBehind() && start + lag.to() - lag.from() >= lag.from()) {
            LOG.info("{} begins at offset {}: states are written now", input, start);
            store.hurry();
          }
        });
  }

  private static long start(Admin admin, TopicPartition partition) {
    return Answers.of(
            admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).partitionResult(partition))
        .offset();
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
