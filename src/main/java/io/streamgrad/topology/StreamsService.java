package io.streamgrad.topology;

import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.WeightsStore;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.MissingSourceTopicException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running service. Any error that is neither a bad record nor a diverging model, nor one that
 * passes, stops it: the transaction is aborted, nothing is lost, and the next start goes on from
 * the last commit.
 *
 * <p>Thread-safe.
 */
public final class StreamsService implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamsService.class);
  private static final Duration SETTLE_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);

  private final ServiceConfig config;
  private final KafkaStreams streams;
  private final Ending ending;
  private final AbandonedTransactions abandoned;
  private final InputMonitor monitor;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final CountDownLatch stopped = new CountDownLatch(1);

  private StreamsService(ServiceConfig config, KafkaStreams streams, Ending ending) {
    this.config = config;
    this.streams = streams;
    this.ending = ending;
    abandoned = new AbandonedTransactions(config);
    monitor = new InputMonitor(config, this::stop);
  }

  /**
   * Checks the topics and starts to learn; returns before the weights are restored.
   *
   * @throws TopicsException if the topics are missing or unfit
   * @throws InputMismatchException if a service with the same application-id has other topics
   * @throws NotAuthorizedException if Kafka does not allow what the service does with them
   */
  public static StreamsService start(ServiceConfig config, ServiceMetrics metrics) {
    Ending ending = new Ending();
    Map<Integer, WeightsStore> running = new ConcurrentHashMap<>();
    InputLog input = new KafkaInputLog(config);
    Topology topology = StreamgradTopology.build(config, metrics, ending, input, running);
    StreamsService service = start(config, metrics, topology, ending);
    service.monitor.start(running);
    return service;
  }

  /** With a topology that learns of its end from {@code ending}. */
  static StreamsService start(
      ServiceConfig config, ServiceMetrics metrics, Topology topology, Ending ending) {
    try (Admin admin = Admin.create(StreamsProperties.admin(config))) {
      Topics.prepare(admin, config);
      GroupMembers.of(admin, config).requireOnlyOurs(config);
    }
    OldCheckpoints.delete(config);
    Properties properties = new Properties();
    properties.putAll(StreamsProperties.of(config));
    KafkaStreams streams = new KafkaStreams(topology, properties);
    StreamsService service = new StreamsService(config, streams, ending);
    streams.setUncaughtExceptionHandler(service::fail);
    streams.setStateListener((now, before) -> service.changed(now));
    streams.setGlobalStateRestoreListener(new RestoreLog());
    metrics.bindKafka(streams);
    streams.start();
    return service;
  }

  private StreamThreadExceptionResponse fail(Throwable error) {
    Throwable explained = explained(error);
    if (explained == null) {
      LOG.warn("starts anew from the last commit: {}", Failures.message(error));
      return StreamThreadExceptionResponse.REPLACE_THREAD;
    }
    failed(explained);
    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
  }

  private void failed(Throwable explained) {
    failure.compareAndSet(null, explained);
    LOG.error("the service stops: {}", Failures.message(explained), explained);
  }

  /** As an error of the stream would; from another thread. */
  private void stop(InputMismatchException mismatch) {
    failed(mismatch);
    streams.close(
        CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
            .withTimeout(Duration.ZERO));
  }

  /**
   * An error as a person should read it; null if a new thread, which begins with the last commit,
   * does not meet it again.
   */
  private @Nullable Throwable explained(Throwable error) {
    Throwable root = Failures.root(error);
    if (root instanceof InvalidTxnStateException) {
      // Kafka had timed the transaction out before its commit came: nothing of it counts, as when
      // an instance is fenced. Brokers before KAFKA-20785 answer with what producers can't mend.
      return null;
    }
    if (root instanceof MissingSourceTopicException) {
      // A consumer that has lost all its brokers forgets what it knew of topics. If it leads the
      // group and hands out partitions before it has asked again, it takes them for deleted.
      return Topics.isInputGone(config)
          ? new TopicsException("topic " + config.topics().images() + " was deleted")
          : null;
    }
    return Permissions.explained(error, config);
  }

  private void changed(KafkaStreams.State state) {
    LOG.info("Kafka Streams is {}", state);
    if (state == KafkaStreams.State.REBALANCING
        && config.processingGuarantee() == ProcessingGuarantee.EXACTLY_ONCE_V2) {
      abandoned.end();
    }
    if (state.hasCompletedShutdown()) {
      abandoned.close();
      monitor.close();
      stopped.countDown();
    }
  }

  /** Why the service is not ready; null when it is: running, with all its weights restored. */
  public @Nullable String notReady() {
    KafkaStreams.State state = streams.state();
    return state == KafkaStreams.State.RUNNING ? null : "Kafka Streams is " + state;
  }

  /** Why the service is not alive; null when it is, even while it starts or rebalances. */
  public @Nullable String notAlive() {
    KafkaStreams.State state = streams.state();
    return state.isShuttingDown() || state.hasCompletedShutdown()
        ? "Kafka Streams is " + state
        : null;
  }

  /**
   * Waits until the service has stopped, by {@link #close} or by an error.
   *
   * @return the error; null if there was none
   */
  public @Nullable Throwable awaitStopped() throws InterruptedException {
    stopped.await();
    return failure.get();
  }

  /** Commits what is done, leaves the group and stops; waits until it has. */
  @Override
  public void close() {
    if (!ending.begin(SETTLE_TIMEOUT, () -> streams.state().isRunningOrRebalancing())) {
      LOG.warn("stops with a journal: the next start has to be one of this version");
    }
    boolean closed =
        streams.close(
            CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                .withTimeout(CLOSE_TIMEOUT));
    if (!closed) {
      LOG.warn("Kafka Streams has not stopped within {}", CLOSE_TIMEOUT);
    }
  }
}
