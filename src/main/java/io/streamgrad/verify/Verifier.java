package io.streamgrad.verify;

import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.TopicsConfig;
import io.streamgrad.store.ChangelogReader;
import io.streamgrad.store.ModelCodec;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.wire.ModelPartitions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Learns a service's committed input again, with nothing but the plain learner, and compares bit
 * for bit: each batch has one prediction, made by the weights that it names; each bad record is a
 * dead letter once; the stored weights are those of the batches up to the committed offset.
 *
 * <p>Works on a running service as on a stopped one. For each partition it takes the committed
 * offset, then the stored weights, then the committed offset again, up to which it compares: the
 * weights must lie between the two. What is stored or published by then is read to the end of its
 * transaction.
 *
 * <p>Where the start of the input is deleted, each model begins with a snapshot, which is taken to
 * be right; later ones are compared.
 *
 * <p>Reads the input and the outputs side by side: the memory it needs is that of the models, once,
 * and not that of the logs. One thread.
 */
public final class Verifier {
  private final ServiceConfig config;
  private final Scope scope;
  private final Findings findings = new Findings();
  private final List<VerificationReport.Model> models = new ArrayList<>();
  private final List<Long> committed = new ArrayList<>();
  private long records;
  private long deadLetters;
  private long notChecked;

  /**
   * What to look at.
   *
   * @param model its name; null for all models, and bad records of none
   * @param until the last input offset to look at, in every partition; {@link Long#MAX_VALUE} for
   *     all that is committed
   */
  public record Scope(@Nullable String model, long until) {
    /** All that is committed. */
    public static final Scope ALL = new Scope(null, Long.MAX_VALUE);

    /** All of a model that is committed. */
    public static Scope of(String model) {
      return new Scope(model, Long.MAX_VALUE);
    }
  }

  private Verifier(ServiceConfig config, Scope scope) {
    this.config = config;
    this.scope = scope;
  }

  /**
   * Compares.
   *
   * @param config of the service
   * @throws VerificationException if there is nothing to compare, or it can't be read
   * @throws org.apache.kafka.common.KafkaException if the cluster can't be reached
   */
  public static VerificationReport verify(ServiceConfig config, Scope scope) {
    Verifier verifier = new Verifier(config, scope);
    try (Cluster cluster = new Cluster(config)) {
      List<TopicPartition> inputs = cluster.partitions(config.topics().images());
      ModelPartitions partitions = new ModelPartitions(config, inputs.size());
      StoredPlaces places = new StoredPlaces(partitions);
      for (TopicPartition input : inputs) {
        places.add(input, verifier.verify(cluster, input, partitions));
      }
      places.judge(verifier.findings);
    }
    return verifier.report();
  }

  /** Returns what is stored for the partition: the offset of the last batch, by model. */
  private Map<String, Long> verify(
      Cluster cluster, TopicPartition input, ModelPartitions partitions) {
    long committedBefore = cluster.committed(input);
    long start = cluster.start(input);
    Replay replay = new Replay(config, partitions, scope.model());
    PartitionVerification partition = new PartitionVerification(input, replay, findings);
    if (start > 0) {
      try (Outputs<ModelSnapshot> snapshots = snapshots(cluster, input, replay)) {
        partition.begin(snapshots, start, scope.until());
      }
    }
    if (committedBefore >= 0) {
      TopicPartition changelog =
          new TopicPartition(ChangelogReader.topic(config.applicationId()), input.partition());
      try (LogCursor cursor = cluster.read(changelog)) {
        partition.readStored(cursor);
      }
    }
    long committedAfter = Math.max(cluster.committed(input), start);
    long end = scope.until() < committedAfter ? scope.until() + 1 : committedAfter;
    TopicsConfig topics = config.topics();
    try (LogCursor batches = cluster.read(input, start, end);
        Outputs<PredictionBatch> predictions =
            outputs(cluster, topics.predictions(), new PredictionReader(input, replay::covers));
        Outputs<String> letters =
            outputs(
                cluster,
                topics.deadLetters(),
                new DeadLetterReader(input, config.defaultModel(), replay::covers));
        Outputs<ModelSnapshot> snapshots = snapshots(cluster, input, replay)) {
      partition.run(batches, predictions, letters, snapshots, Math.min(committedBefore, end));
      boolean all = end == committedAfter;
      long highest = partition.finish(predictions, letters, snapshots, end, all);
      judgeUncommitted(cluster, input, all ? highest : -1);
    }
    take(input, partition, replay, end);
    return partition.stored();
  }

  private <T> Outputs<T> outputs(Cluster cluster, String topic, Outputs.Reader<T> reader) {
    List<LogCursor> cursors = new ArrayList<>();
    boolean trimmed = false;
    for (TopicPartition partition : cluster.partitions(topic)) {
      trimmed |= cluster.start(partition) > 0;
      cursors.add(cluster.read(partition));
    }
    return new Outputs<>(cursors, trimmed, reader);
  }

  private Outputs<ModelSnapshot> snapshots(Cluster cluster, TopicPartition input, Replay replay) {
    TopicPartition partition = new TopicPartition(config.topics().snapshots(), input.partition());
    return new Outputs<>(
        cluster.exists(partition) ? List.of(cluster.read(partition)) : List.of(),
        true,
        new SnapshotReader(input, replay::covers));
  }

  /** In a transaction, no output is there without the offset of its input. */
  private void judgeUncommitted(Cluster cluster, TopicPartition input, long highest) {
    if (highest >= 0 && config.processingGuarantee() == ProcessingGuarantee.EXACTLY_ONCE_V2) {
      long now = cluster.committed(input);
      if (highest >= now) {
        findings.add(
            Kind.EXTRA_PREDICTION,
            scope.model() == null ? "?" : scope.model(),
            input,
            highest,
            "there is output for this input, committed is " + now);
      }
    }
  }

  private void take(
      TopicPartition input, PartitionVerification partition, Replay replay, long end) {
    committed.add(end);
    records += partition.records();
    deadLetters += partition.deadLetters();
    notChecked += partition.notChecked();
    replay
        .models()
        .forEach(
            (name, model) ->
                models.add(
                    new VerificationReport.Model(
                        name,
                        input.partition(),
                        model.state().version(),
                        model.predictions(),
                        model.offset(),
                        model.since(),
                        ModelCodec.weightsSha256(model.stored()),
                        model.hasWeightsCompared())));
  }

  private VerificationReport report() {
    if (records == 0 && models.isEmpty() && findings.count() == 0) {
      throw new VerificationException(
          "nothing to compare: application %s has committed no batch of %s%s"
              .formatted(
                  config.applicationId(),
                  config.topics().images(),
                  scope.model() == null ? "" : " of model \"" + scope.model() + "\""));
    }
    models.sort(Comparator.comparing(VerificationReport.Model::name));
    return new VerificationReport(
        models, committed, deadLetters, notChecked, findings.kept(), findings.count());
  }
}
