package io.streamgrad.config;

import io.streamgrad.model.ModelSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The whole configuration of the service. What each key means, its unit and its default stand in
 * streamgrad-defaults.yaml.
 *
 * @param applicationId names the consumer group, the changelog topics and the transactions
 * @param processingGuarantee what a crash may do to the stream
 * @param stateDir where Kafka Streams keeps its local state
 * @param commitInterval time between two commits
 * @param recoveryTarget how far stored states may be behind
 * @param kafka passed on to the Kafka clients
 * @param topics read and written
 * @param outputs what the output records look like
 * @param reports how often a model reports
 * @param snapshots how often a model's whole state is published
 * @param labels how long labels are waited for, where they come after their images
 * @param metrics how many models are shown one by one
 * @param http where metrics and health are served
 * @param defaultModel name of the model that records without a key belong to
 * @param model the configuration of every model that is not named in {@code models}
 * @param models where models live, and the configurations of single ones
 */
public record ServiceConfig(
    String applicationId,
    ProcessingGuarantee processingGuarantee,
    Path stateDir,
    Duration commitInterval,
    Duration recoveryTarget,
    KafkaSettings kafka,
    TopicsConfig topics,
    OutputsConfig outputs,
    ReportsConfig reports,
    SnapshotsConfig snapshots,
    LabelsConfig labels,
    MetricsConfig metrics,
    HttpConfig http,
    String defaultModel,
    ModelSpec model,
    ModelsConfig models) {

  /** Leaves room for "-store-changelog" in a topic's name. */
  private static final int MAX_APPLICATION_ID_LENGTH = 150;

  private static final long LARGEST_WAITING = 1L << 30; // bytes

  private static final Duration LONGEST_COMMIT_INTERVAL = Duration.ofHours(1);

  private static final Duration LONGEST_RECOVERY = Duration.ofMinutes(10);

  /** Of producers with the default transaction.timeout.ms. */
  private static final Duration OTHERS_TRANSACTION = Duration.ofMinutes(1);

  /** That of the longest commit interval; by default a broker allows 15 minutes at most. */
  private static final Duration LONGEST_TRANSACTION = Duration.ofMinutes(65);

  /** The coordinator looks every 10 s for transactions whose time is over. */
  private static final Duration COORDINATORS_ROUND = Duration.ofSeconds(20);

  public ServiceConfig {
    Check.kafkaName(applicationId, MAX_APPLICATION_ID_LENGTH, "application-id");
    Check.present(stateDir.toString(), "state-dir");
    Check.atLeastOneMillisecond(commitInterval, "commit-interval");
    Check.that(
        !recoveryTarget.isNegative() && recoveryTarget.compareTo(LONGEST_RECOVERY) <= 0,
        "recovery-target",
        recoveryTarget,
        "0s to 10m");
    // A transaction stays open for several of them, and Kafka counts its milliseconds in an int.
    Check.that(
        commitInterval.compareTo(LONGEST_COMMIT_INTERVAL) <= 0,
        "commit-interval",
        commitInterval,
        "1h or shorter");
    Duration limit = kafka.transactionTimeout(commitInterval);
    Check.that(
        processingGuarantee != ProcessingGuarantee.EXACTLY_ONCE_V2
            || commitInterval.compareTo(limit) <= 0,
        "commit-interval",
        commitInterval,
        "at most kafka.%s, which is %dms"
            .formatted(KafkaSettings.TRANSACTION_TIMEOUT, limit.toMillis()));
    Check.that(
        !topics.hasLabels() || processingGuarantee == ProcessingGuarantee.EXACTLY_ONCE_V2,
        "processing-guarantee",
        processingGuarantee.name().toLowerCase(Locale.ROOT),
        "exactly_once_v2 where topics.labels is set: when labels took effect must be known"
            + " exactly");
    Check.that(
        !topics.hasCommands() || processingGuarantee == ProcessingGuarantee.EXACTLY_ONCE_V2,
        "processing-guarantee",
        processingGuarantee.name().toLowerCase(Locale.ROOT),
        "exactly_once_v2 where topics.commands is set: when commands took effect must be known"
            + " exactly");
    checkWaiting(topics, labels, model);
    models.byName().values().forEach(each -> checkWaiting(topics, labels, each));
    checkNotInternal(applicationId, topics);
    Check.present(defaultModel, "default-model");
    Followers.check(defaultModel, model, models);
  }

  /** How long a transaction may stay open, unless it is given among Kafka's settings. */
  public Duration transactionTimeout() {
    return kafka.transactionTimeout(commitInterval);
  }

  /** How long a transaction, of this service or of a producer, may hold back what is behind it. */
  public Duration transactionPatience() {
    Duration timeout = transactionTimeout();
    Duration longer = timeout.compareTo(OTHERS_TRANSACTION) > 0 ? timeout : OTHERS_TRANSACTION;
    return (longer.compareTo(LONGEST_TRANSACTION) > 0 ? LONGEST_TRANSACTION : longer)
        .plus(COORDINATORS_ROUND);
  }

  /** The topics that the service writes to, besides its changelog. */
  public List<String> writtenTopics() {
    List<String> names =
        new ArrayList<>(List.of(topics.predictions(), topics.metrics(), topics.deadLetters()));
    if (snapshots.enabled()) {
      names.add(topics.snapshots());
    }
    if (topics.hasApplied()) {
      names.add(topics.applied());
    }
    return names;
  }

  /**
   * The topics that the service reads: of images, and of labels and commands where there are any.
   */
  public List<String> readTopics() {
    return Stream.of(topics.images(), topics.labels(), topics.commands())
        .filter(name -> !name.isEmpty())
        .toList();
  }

  /** The configuration of the model with this name. */
  public ModelSpec model(String name) {
    return models.byName().getOrDefault(name, model);
  }

  /** What was predicted is part of a state, which has one array. */
  private static void checkWaiting(TopicsConfig topics, LabelsConfig labels, ModelSpec model) {
    long most = LARGEST_WAITING / (Float.BYTES * (model.classes() + 2L));
    Check.that(
        !topics.hasLabels() || labels.waitImages() <= most,
        "labels.wait-images",
        labels.waitImages(),
        "at most %d for a model of %d classes".formatted(most, model.classes()));
  }

  /** Kafka Streams would take such a topic for one of its own and delete it on a reset. */
  private static void checkNotInternal(String applicationId, TopicsConfig topics) {
    topics
        .byKey()
        .forEach(
            (key, name) ->
                Check.that(
                    !(name.startsWith(applicationId + "-")
                        && (name.endsWith("-changelog") || name.endsWith("-repartition"))),
                    key,
                    name,
                    "none of Kafka Streams' own, "
                        + applicationId
                        + "-...-changelog and -repartition"));
  }
}
