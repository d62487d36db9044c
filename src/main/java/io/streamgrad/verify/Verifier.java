package io.streamgrad.verify;

import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.TopicsConfig;
import io.streamgrad.store.ChangelogReader;
import io.streamgrad.store.ModelCodec;
import io.streamgrad.store.Position;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Disagreement.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
  private long skipped;

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
      for (TopicPartition input : cluster.partitions(config.topics().images())) {
        verifier.verify(cluster, input);
      }
    }
    return verifier.report();
  }

  private void verify(Cluster cluster, TopicPartition input) {
    long committedBefore = cluster.committed(input);
    Replay replay = new Replay(config, scope.model());
    PartitionVerification partition = new PartitionVerification(input, replay, findings);
    TopicPartition changelog =
        new TopicPartition(ChangelogReader.topic(config.applicationId()), input.partition());
    if (cluster.exists(changelog)) {
      try (LogCursor cursor = cluster.read(changelog)) {
        requireSameTopic(cluster, partition.readStored(cursor).position());
      }
    }
    AdoptionHistory adoptions = partition.adoptions();
    long start = Math.max(cluster.start(input), adoptions.start());
    if (start > 0 || adoptions.isNewBeginning()) {
      try (Outputs<ModelSnapshot> snapshots = snapshots(cluster, input, replay, adoptions)) {
        partition.begin(snapshots, start, scope.until());
      }
    }
    long committedAfter = Math.max(cluster.committed(input), start);
    long end = scope.until() < committedAfter ? scope.until() + 1 : committedAfter;
    TopicsConfig topics = config.topics();
    try (LogCursor batches = cluster.read(input, start, end);
        Outputs<PredictionBatch> predictions =
            outputs(
                cluster,
                topics.predictions(),
                adoptions,
                new PredictionReader(input, replay::covers));
        Outputs<String> letters =
            outputs(
                cluster,
                topics.deadLetters(),
                adoptions,
                new DeadLetterReader(input, config.defaultModel(), replay::covers));
        Outputs<ModelSnapshot> snapshots = snapshots(cluster, input, replay, adoptions)) {
      partition.run(batches, predictions, letters, snapshots, Math.min(committedBefore, end));
      boolean all = end == committedAfter;
      long highest = partition.finish(predictions, letters, snapshots, end, all);
      judgeUncommitted(cluster, input, all ? highest : -1);
    }
    take(input, partition, replay, end);
  }

  /** Nothing can be judged by another log than the one that the weights have learned. */
  private void requireSameTopic(Cluster cluster, @Nullable Position position) {
    String images = config.topics().images();
    if (position != null
        && !(position.topic().equals(images)
            && position.topicId().equals(cluster.topicId(images)))) {
      throw new VerificationException(
          "topic %s is not the one that the weights have learned from, %s with id %s: nothing can be judged before \"streamgrad adopt\""
              .formatted(images, position.topic(), position.topicId()));
    }
  }

  private <T> Outputs<T> outputs(
      Cluster cluster, String topic, AdoptionHistory adoptions, Outputs.Reader<T> reader) {
    List<LogCursor> cursors = new ArrayList<>();
    boolean trimmed = false;
    for (TopicPartition partition : cluster.partitions(topic)) {
      trimmed |= cluster.start(partition) > 0;
      cursors.add(cluster.readFrom(partition, adoptions.outputs(partition)));
    }
    return new Outputs<>(cursors, trimmed, reader);
  }

  private Outputs<ModelSnapshot> snapshots(
      Cluster cluster, TopicPartition input, Replay replay, AdoptionHistory adoptions) {
    TopicPartition partition = new TopicPartition(config.topics().snapshots(), input.partition());
    return new Outputs<>(
        cluster.exists(partition)
            ? List.of(cluster.readFrom(partition, adoptions.outputs(partition)))
            : List.of(),
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
    skipped += partition.skipped();
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
                        Math.max(model.since(), -1),
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
        models, committed, deadLetters, notChecked, skipped, findings.kept(), findings.count());
  }
}
