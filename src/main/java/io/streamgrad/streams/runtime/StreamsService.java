package io.streamgrad.streams.runtime;

import io.streamgrad.committed.Reading;
import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.StreamgradTopology;
import io.streamgrad.streams.admin.NotAuthorizedException;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.streams.input.InputLogs;
import io.streamgrad.streams.input.InputMismatchException;
import io.streamgrad.streams.input.InputMonitor;
import io.streamgrad.streams.learn.LearnProcessor;
import io.streamgrad.streams.learn.RunningTasks;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.streams.settings.StreamsProperties;
import io.streamgrad.wire.Decoded;
import io.streamgrad.wire.ModelPartitions;
import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.streams.KafkaClientSupplier;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The service's stream, from the search for Kafka to the last commit; {@link Lifecycle} draws its
 * states. It waits for a Kafka that is not there. Any error that is neither a bad record nor a
 * diverging model, nor one that passes, stops it: the transaction is aborted, nothing is lost, and
 * the next start goes on from the last commit.
 *
 * <p><em>Threading.</em> Thread-safe. {@link #begin} and {@link #close} exclude each other; {@link
 * #stop}, {@link #fail} and {@link #status} never wait.
 */
public final class StreamsService implements AutoCloseable {
  /**
   * What a supervisor must give between SIGTERM and SIGKILL. All times to stop are parts of it, and
   * leave some of it to the rest of the process.
   */
  public static final Duration GRACE_PERIOD = Duration.ofSeconds(45);

  private static final Logger LOG = LoggerFactory.getLogger(StreamsService.class);

  private final ServiceConfig config;
  private final ServiceMetrics metrics;
  private final Learning learning;
  private final RunningTasks tasks = new RunningTasks();
  private final KafkaConnection kafka;
  private final Heartbeats heartbeats;
  private final HangingTransactions hanging;
  private final InputMonitor monitor;
  private final RestoreProgress restoration = new RestoreProgress(this::endHangingTransactions);
  private final Owners owners;
  private final Lifecycle life = new Lifecycle();
  private final StatusLog statusLog = new StatusLog();
  private volatile @Nullable KafkaStreams streams;
  private volatile @Nullable ModelPartitions partitions; // once they are known

  /** A service that has not begun. */
  public StreamsService(ServiceConfig config, ServiceMetrics metrics) {
    this(
        config,
        metrics,
        (partitions, tasks) ->
            LearnProcessor.supplier(config, partitions, metrics, tasks, InputLogs.of(config)));
  }

  private StreamsService(ServiceConfig config, ServiceMetrics metrics, Learning learning) {
    this.config = config;
    this.metrics = metrics;
    this.learning = learning;
    owners = new Owners(config.http().advertisedAddress());
    kafka = new KafkaConnection(config);
    heartbeats = new Heartbeats(config);
    hanging = new HangingTransactions(config);
    monitor = new InputMonitor(config, metrics::lags, this::fail);
  }

  /** Gives the processors that learn, which join these tasks. */
  interface Learning {
    ProcessorSupplier<String, Decoded, String, Object> of(
        ModelPartitions partitions, RunningTasks tasks);
  }

  /** A service that has begun, as {@link #begin} says. */
  public static StreamsService start(ServiceConfig config, ServiceMetrics metrics) {
    return begun(new StreamsService(config, metrics));
  }

  /** With other processors in the place of those that learn. */
  static StreamsService start(ServiceConfig config, ServiceMetrics metrics, Learning learning) {
    return begun(new StreamsService(config, metrics, learning));
  }

  private static StreamsService begun(StreamsService service) {
    try {
      service.begin();
      return service;
    } catch (RuntimeException e) {
      service.close();
      throw e;
    }
  }

  /**
   * Waits for Kafka, checks the topics and starts to learn; returns before the weights are
   * restored, or when the service is told to stop. To be called once.
   *
   * @throws TopicsException if the topics are missing or unfit
   * @throws InputMismatchException if a service with the same application-id has other topics
   * @throws NotAuthorizedException if Kafka does not allow what the service does with them
   * @throws org.apache.kafka.common.KafkaException for settings that Kafka does not take
   */
  public synchronized void begin() {
    metrics.bindReadiness(() -> status().ready());
    metrics.bindBehind(tasks::recordsBehind);
    statusLog.start(this::status);
    PreparedTopics prepared = null;
    life.starting();
    try {
      while (prepared == null && !life.isStopping()) {
        kafka.await(life);
        prepared = life.advance(Lifecycle.State.PREPARING) ? prepare() : null;
      }
      StaleCheckpointFiles.delete(config);
    } catch (InterruptedException | RuntimeException e) {
      if (life.stop(e)) {
        throw e instanceof RuntimeException error ? error : new IllegalStateException(e);
      }
      LOG.debug("stopped while it started", e);
    } finally {
      life.started();
    }
    if (prepared != null && life.advance(Lifecycle.State.STREAMING)) {
      stream(prepared);
    }
  }

  /** Returns what the stream must know of its topics; null if Kafka has become silent meanwhile. */
  private @Nullable PreparedTopics prepare() {
    Admin admin = Admin.create(StreamsProperties.admin(config));
    try {
      return PreparedTopics.prepare(admin, config);
    } catch (TimeoutException e) {
      life.advance(Lifecycle.State.CONNECTING);
      return null;
    } finally {
      admin.close(Duration.ZERO);
    }
  }

  private void stream(PreparedTopics prepared) {
    partitions = prepared.partitions();
    Properties properties = new Properties();
    properties.putAll(StreamsProperties.of(config));
    properties.putAll(prepared.limits().settings(config));
    KafkaStreams starting =
        new KafkaStreams(
            StreamgradTopology.build(
                config,
                prepared.partitions(),
                metrics,
                tasks::awaitRelearned,
                learning.of(prepared.partitions(), tasks)),
            properties,
            clients(properties));
    streams = starting;
    StreamErrors errors = new StreamErrors(config, prepared.limits());
    starting.setUncaughtExceptionHandler(error -> handle(error, errors));
    starting.setStateListener((now, before) -> changed(now));
    starting.setGlobalStateRestoreListener(restoration);
    metrics.bindKafka(starting);
    starting.start();
    monitor.start(tasks::stores);
  }

  /** Those that the user has chosen, or Kafka Streams' own with a check. */
  private KafkaClientSupplier clients(Properties properties) {
    return properties.containsKey(StreamsConfig.DEFAULT_CLIENT_SUPPLIER_CONFIG)
        ? new StreamsConfig(properties).getKafkaClientSupplier()
        : new CheckedClients(tasks);
  }

  /** Decides about an error of a stream thread. */
  private StreamThreadExceptionResponse handle(Throwable error, StreamErrors errors) {
    Throwable explained = errors.explained(error);
    if (explained == null) {
      LOG.warn("starts again from the last commit: {}", Failures.message(error));
      return StreamThreadExceptionResponse.REPLACE_THREAD;
    }
    fail(explained);
    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
  }

  /**
   * Stops the service because of an error, which is what its owner is told; the first one counts.
   */
  void fail(Throwable error) {
    if (life.stop(error)) {
      LOG.error("the service stops: {}", Failures.message(error), error);
    } else {
      LOG.warn("while the service stops: {}", Failures.message(error));
    }
  }

  private void changed(KafkaStreams.State state) {
    LOG.info("Kafka Streams is {}", state);
    tasks.changed();
    if (state == KafkaStreams.State.REBALANCING) {
      endHangingTransactions(); // while the group waits for the one that is gone
    }
  }

  /** Ends what instances that were killed have left open, where there are transactions at all. */
  private void endHangingTransactions() {
    if (config.processingGuarantee() == ProcessingGuarantee.EXACTLY_ONCE_V2) {
      hanging.end();
    }
  }

  /** How the service is now. */
  public ServiceStatus status() {
    Throwable failure = life.failure();
    if (failure != null) {
      return ServiceStatus.failed("failed: " + Failures.message(failure));
    }
    return switch (life.state()) {
      case CONNECTING -> ServiceStatus.notReady(kafka.waiting());
      case PREPARING ->
          ServiceStatus.notReady(
              "asking Kafka at %s for topics and permissions".formatted(kafka.address()));
      case STREAMING -> streaming(streams);
      case STOPPING, STOPPED -> ServiceStatus.notReady("stopping");
    };
  }

  private ServiceStatus streaming(@Nullable KafkaStreams running) {
    return running == null
        ? ServiceStatus.notReady("the stream is being started")
        : ServiceStatus.streaming(
            running.state(),
            restoration.progress().or(tasks::relearning),
            heartbeats.silence(running.metrics()),
            kafka.address());
  }

  /** The partitions of the input that this instance has now. */
  public Set<Integer> partitions() {
    return tasks.partitions();
  }

  /**
   * Asks for a model as it was committed. What goes on from the answer may be on a thread that
   * learns, and must go on elsewhere with what takes time.
   */
  public CompletableFuture<Reading> model(String name) {
    ModelPartitions known = partitions;
    if (known == null) {
      return CompletableFuture.completedFuture(new Reading.Unavailable(status().text()));
    }
    if (!known.isAllowed(name)) {
      return CompletableFuture.completedFuture(new Reading.Missing());
    }
    int partition = known.of(name);
    return tasks
        .committed()
        .ask(name, partition)
        .thenApply(reading -> explained(reading, name, partition))
        .thenApply(this::unlessKafkaIsSilent);
  }

  /** While Kafka is not heard, another instance may have the model, and go on with it. */
  private Reading unlessKafkaIsSilent(Reading reading) {
    KafkaStreams running = streams;
    if (running != null && reading instanceof Reading.Found found) {
      Duration silence = heartbeats.recentSilence(running);
      if (silence.compareTo(found.stale()) > 0) {
        return new Reading.Found(found.model(), silence);
      }
    }
    return reading;
  }

  /** Where the newest is not at hand here, who has it, or why nobody can say. */
  private Reading explained(Reading reading, String name, int partition) {
    if (reading instanceof Reading.Missing
        || (reading instanceof Reading.Found found && found.stale().isZero())) {
      return reading;
    }
    String other = owners.address(streams, name, partition);
    if (other != null) {
      return new Reading.Elsewhere(other);
    }
    return reading instanceof Reading.Unavailable && !status().ready()
        ? new Reading.Unavailable(status().text())
        : reading;
  }

  /** Whether it has not been told to stop, and no error stops it. */
  public boolean isRunning() {
    return !life.isStopping();
  }

  /** Tells the service to stop, wherever in its life it is; {@link #close} does it. */
  public void stop() {
    life.stop(null);
  }

  /**
   * Waits until the service is to stop, because it was told so or by an error.
   *
   * @return the error; null if there was none
   */
  public @Nullable Throwable awaitStopped() throws InterruptedException {
    life.awaitStopping();
    return life.failure();
  }

  /**
   * Commits what is done, leaves the group and stops; waits until it has, for two thirds of the
   * grace period at most, and a few seconds where Kafka does not answer. Closing again does
   * nothing.
   */
  @Override
  public void close() {
    stop(); // also a start that is under way, which holds the lock
    synchronized (this) {
      if (life.state() == Lifecycle.State.STOPPED) {
        return;
      }
      try {
        KafkaStreams running = streams;
        if (running != null) {
          new GracefulShutdown(tasks, kafka, heartbeats).stop(running);
        }
      } finally {
        monitor.close();
        hanging.close();
        statusLog.close();
        life.stopped();
      }
    }
  }
}
