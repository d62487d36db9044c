package io.streamgrad.streams.input;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.store.InputPlace;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.streams.settings.Daemons;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches, while a service runs, that its input stays the one that it was: the topic, its number of
 * partitions, the other members of the group, and that no record is deleted before it is learned;
 * that what stored states lack stays there, and that the topics it writes to do not go ({@link
 * WrittenTopics}). Tells how many records wait ({@link GroupLag}). Kafka Streams itself says
 * nothing of these, or goes on with what is left. (That nobody sets the offsets of a group that is
 * active, Kafka sees to.)
 *
 * <p>Threading: looks on a thread of its own, which also says what is wrong, once.
 */
public final class InputMonitor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(InputMonitor.class);
  private static final Duration EVERY = Duration.ofSeconds(15);

  private final ServiceConfig config;
  private final GroupLag lag;
  private final Consumer<Map<TopicPartition, Long>> lags;
  private final Consumer<RuntimeException> wrong;
  private final WrittenTopics written;
  private final List<MonitoredTopic> topics = new ArrayList<>();
  private final ScheduledExecutorService thread = Daemons.scheduler("input-monitor");

  /**
   * A monitor that has not begun.
   *
   * @param lags is told at each look how many records of which partitions wait
   * @param wrong is told what is wrong, after which there is no other look
   */
  public InputMonitor(
      ServiceConfig config,
      Consumer<Map<TopicPartition, Long>> lags,
      Consumer<RuntimeException> wrong) {
    this.config = config;
    lag = new GroupLag(config);
    this.lags = lags;
    written = new WrittenTopics(config);
    this.wrong = wrong;
    topics.add(
        new MonitoredTopic(
            config.applicationId(),
            config.topics().images(),
            InputPlace::takeGap,
            WeightsStore::lag,
            InputPlace::imagesStart));
    if (config.topics().hasLabels()) {
      topics.add(
          new MonitoredTopic(
              config.applicationId(),
              config.topics().labels(),
              InputPlace::takeLabelsGap,
              WeightsStore::labelsLag,
              (input, start) -> {}));
    }
    if (config.topics().hasCommands()) {
      topics.add(
          new MonitoredTopic(
              config.applicationId(),
              config.topics().commands(),
              InputPlace::takeCommandsGap,
              weights -> WeightsStore.Lag.NONE, // no state lacks any
              (input, start) -> {}));
    }
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
      for (MonitoredTopic topic : topics) {
        topic.check(KafkaInputLog.describe(admin, topic.name()));
      }
      GroupMembers.of(admin, config).requireOnlyOurs(config);
      for (MonitoredTopic topic : topics) {
        topic.checkGaps(admin, running.get());
        topic.checkLag(admin, running.get());
      }
      written.check(admin);
      lags.accept(lag.look(admin, input(running.get().keySet())));
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

  private Set<TopicPartition> input(Set<Integer> partitions) {
    return topics.stream()
        .flatMap(topic -> partitions.stream().map(each -> new TopicPartition(topic.name(), each)))
        .collect(Collectors.toSet());
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
