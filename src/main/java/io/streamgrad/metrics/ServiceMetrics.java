package io.streamgrad.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.streamgrad.config.Followers;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.model.Drift;
import io.streamgrad.model.DriftEvent;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.LabelOutcome;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.model.PendingBatches.Expired;
import io.streamgrad.model.UpdateOutcome;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.KafkaStreams;
import org.jspecify.annotations.Nullable;

/**
 * The measurements of one instance of the service: Streamgrad's own {@link Meters}, the JVM's, the
 * process', and Kafka Streams' with its clients'. One for each process; any thread may call any
 * method, those about one model only one at a time. {@link #stepped}, {@link #scored}, {@link
 * #predictedAfter} and {@link #predictedUnlabeled} are called for every record and allocate
 * nothing.
 *
 * <p>So many models as the configuration says have series of their own, fewer have some by class
 * ({@link Places} says which), and all of them are in the sums; but images that followers have in
 * common with their leader count once there.
 */
public final class ServiceMetrics implements AutoCloseable {
  private static final Duration[] STEP_BUCKETS =
      seconds(
          10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3,
          100e-3, 250e-3, 500e-3, 1);
  private static final Duration[] LATENCY_BUCKETS =
      seconds(
          1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1, 2.5, 5, 10, 30, 60);

  private static final List<Integer> INFERENCE_STATUSES =
      List.of(200, 307, 400, 404, 405, 411, 413, 415, 500, 503);

  private static final long MAX_LATENCY_MILLIS = Duration.ofDays(1).toMillis();

  /** Kafka adds meters as its tasks and connections come: seen by the next scrape but one. */
  private static final Duration KAFKA_REFRESH = Duration.ofSeconds(10);

  private final PrometheusMeterRegistry registry = new BaseUnitRegistry();
  private final JvmGcMetrics gc = new JvmGcMetrics();
  private final Timer steps;
  private final Timer latency;
  private final Timer inference;
  private final Map<Integer, Counter> inferences; // by status; complete
  private final Map<String, Counter> deadLetters; // by reason; complete
  private final Places series;
  private final Places details;
  private final Set<String> followers;
  private final ModelSums sums;
  private final @Nullable LabelMeters labels; // null where labels come with the images only
  private final CommandMeters commands;
  private final LagMeters lags;
  private final Map<String, ModelMeters> models = new ConcurrentHashMap<>(); // with series; by name
  private final ScheduledExecutorService kafkaRefresh =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread daemon = new Thread(task, "kafka-meters");
            daemon.setDaemon(true);
            return daemon;
          });
  private @Nullable KafkaStreamsMetrics kafka; // guarded by this

  /**
   * Registers all meters that belong to no model.
   *
   * @param config says how many models have series of their own, and names the first ones
   * @param deadLetterReasons all there are. Their counters start at 0, so that a rate sees the
   *     first dead letter, too.
   */
  public ServiceMetrics(ServiceConfig config, Collection<String> deadLetterReasons) {
    Set<String> named = config.models().byName().keySet();
    series = new Places(config.metrics().models(), named);
    details = new Places(config.metrics().detailedModels(), named);
    followers = new Followers(config).leaders().keySet();
    sums = new ModelSums(registry, series);
    labels = config.topics().hasLabels() ? new LabelMeters(registry) : null;
    commands = new CommandMeters(registry);
    lags = new LagMeters(registry);
    steps = histogram(Meters.STEP, STEP_BUCKETS);
    latency = histogram(Meters.INPUT_TO_PREDICTION, LATENCY_BUCKETS);
    inference = histogram(Meters.INFERENCE, STEP_BUCKETS);
    inferences =
        INFERENCE_STATUSES.stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Function.identity(),
                    status ->
                        Meters.INFERENCES.counter(registry, "status", Integer.toString(status))));
    deadLetters =
        deadLetterReasons.stream()
            .distinct()
            .collect(
                Collectors.toUnmodifiableMap(
                    Function.identity(),
                    reason -> Meters.DEAD_LETTERS.counter(registry, "reason", reason)));
    Stream.<MeterBinder>of(
            new JvmMemoryMetrics(),
            gc,
            new JvmThreadMetrics(),
            new ClassLoaderMetrics(),
            new ProcessorMetrics(),
            new UptimeMetrics(),
            new FileDescriptorMetrics())
        .forEach(binder -> binder.bindTo(registry));
  }

  /** Adds the meter of the service's readiness, which is asked for at every scrape. */
  public void bindReadiness(BooleanSupplier ready) {
    Gauge.builder(Meters.READY.id(), () -> ready.getAsBoolean() ? 1 : 0)
        .description(Meters.READY.help())
        .register(registry);
  }

  /** Shows how many records stored weights lack, which every scrape asks for. */
  public void bindBehind(LongSupplier records) {
    Gauge.builder(Meters.BEHIND.id(), records::getAsLong)
        .description(Meters.BEHIND.help())
        .register(registry);
  }

  /** So many records of these partitions of the input wait; others are not this instance's. */
  public void lags(Map<TopicPartition, Long> records) {
    lags.set(records);
  }

  /**
   * Adds the meters of Kafka Streams and its clients; new ones (of a task that moved here) are
   * found within ten seconds.
   *
   * @throws IllegalStateException when called a second time
   */
  public synchronized void bindKafka(KafkaStreams streams) {
    if (kafka != null) {
      throw new IllegalStateException("Kafka Streams' meters are bound already");
    }
    kafka = new KafkaStreamsMetrics(streams, Tags.empty(), kafkaRefresh, KAFKA_REFRESH);
    kafka.bindTo(registry);
  }

  /**
   * When a model is loaded, and at its reports: this is what its meters show from now on. What the
   * status says nothing of they show as before. A model that had no place for series of its own
   * gets them with the first report at which there is one.
   */
  public void report(ModelStatus status) {
    String model = status.model();
    sums.has(model, status.diverged());
    ModelMeters meters = models.get(model);
    if (meters == null && series.take(model)) {
      meters = new ModelMeters(registry, details, status);
      models.put(model, meters);
    }
    if (meters != null) {
      meters.publish(status);
    }
  }

  /**
   * A labeled batch was predicted and scored.
   *
   * @param state of the model, after the batch
   */
  public void scored(String model, ModelState state, Evaluation evaluation, UpdateOutcome outcome) {
    if (!followers.contains(model)) {
      sums.scored(evaluation);
    }
    sums.updated(outcome);
    ModelMeters meters = models.get(model);
    if (meters != null) {
      meters.counts().set(state);
    }
  }

  /** A model learned images, in so many updates. */
  public void learned(String model, long images, long updates) {
    if (!followers.contains(model)) {
      sums.learned(images, updates);
    }
  }

  /** A model was found to err more than it did, or something came of that later. */
  public void drifted(String model, DriftEvent event) {
    sums.drifted(event);
    ModelMeters meters = models.get(model);
    if (event instanceof Drift && meters != null) {
      meters.counts().drifts.incrementAndGet();
    }
  }

  /** A batch was predicted, scored and learned from in so many nanoseconds. */
  public void stepped(long nanos) {
    steps.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A request to predict was answered with this status of HTTP after so many nanoseconds. */
  public void inferred(int status, long nanos) {
    inference.record(nanos, TimeUnit.NANOSECONDS);
    Objects.requireNonNull(inferences.get(status), () -> "status " + status).increment();
  }

  /**
   * A prediction was handed to the producer so many milliseconds after its record's time stamp. A
   * negative time, from a producer whose clock is ahead, counts as 0. More than a day, either way,
   * is not counted: it says something about the time stamp, and years would ruin the sum.
   */
  public void predictedAfter(long millis) {
    if (-MAX_LATENCY_MILLIS <= millis && millis <= MAX_LATENCY_MILLIS) {
      latency.record(Math.max(0, millis), TimeUnit.MILLISECONDS);
    }
  }

  /**
   * A record went to the dead-letter topic.
   *
   * @throws IllegalArgumentException for a reason not given to the constructor
   */
  public void deadLetter(String reason) {
    Counter counter = deadLetters.get(reason);
    if (counter == null) {
      throw new IllegalArgumentException(
          "Unknown dead-letter reason " + reason + "; known are " + deadLetters.keySet());
    }
    counter.increment();
  }

  /** So many images without labels were predicted. */
  public void predictedUnlabeled(String model, int images) {
    if (!followers.contains(model)) {
      sums.predicted(images);
    }
    ModelMeters meters = models.get(model);
    if (meters != null) {
      meters.counts().predicted(images);
    }
  }

  /**
   * The batches of a model whose labels may come later are these.
   *
   * @throws NullPointerException where labels come with the images only, as the others
   */
  public void pending(String model, PendingBatches pending) {
    labels().pending(model, pending);
  }

  /** Images are no longer waited for, if any are. */
  public void expired(Expired expired) {
    labels().expired(expired);
  }

  /** A record of labels had this outcome. */
  public void applied(LabelOutcome outcome) {
    labels().applied(outcome);
  }

  /** A command was obeyed, or refused. */
  public void commanded(boolean done) {
    commands.commanded(done);
  }

  /** Whether a model is paused. */
  public void paused(String model, boolean isPaused) {
    commands.paused(model, isPaused);
  }

  private LabelMeters labels() {
    return Objects.requireNonNull(labels, "topics.labels is not set");
  }

  /** The model moved to another instance: its meters go. Does nothing for a model not known. */
  public void removeModel(String model) {
    sums.remove(model);
    commands.remove(model);
    if (labels != null) {
      labels.remove(model);
    }
    ModelMeters meters = models.remove(model);
    if (meters != null) {
      meters.remove();
      series.leave(model);
    }
  }

  /** The figures of this moment. */
  public Figures figures() {
    return new FiguresReader(registry, latency, steps, deadLetters).read();
  }

  /** Writes all meters in Prometheus' text format, version 0.0.4, in UTF-8. */
  public void scrape(OutputStream out) throws IOException {
    registry.scrape(out);
  }

  /** The same as one string. */
  public String scrape() {
    return registry.scrape();
  }

  /**
   * Stops the Kafka binder's thread and lets go of the JVM's listeners; nothing is shown after it.
   */
  @Override
  public synchronized void close() {
    if (kafka != null) {
      kafka.close();
      kafka = null;
    }
    kafkaRefresh.shutdownNow();
    gc.close();
    registry.close();
  }

  private Timer histogram(Meters meter, Duration[] buckets) {
    return Timer.builder(meter.id())
        .description(meter.help())
        .serviceLevelObjectives(buckets)
        .register(registry);
  }

  private static Duration[] seconds(double... bounds) {
    return DoubleStream.of(bounds)
        .mapToObj(bound -> Duration.ofNanos(Math.round(bound * 1e9)))
        .toArray(Duration[]::new);
  }
}
