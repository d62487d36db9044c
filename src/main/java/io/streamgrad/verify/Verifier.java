package io.streamgrad.verify;

import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.wire.ModelPartitions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Learns a service's committed input again, with nothing but the plain learner, and compares bit
 * for bit: each batch has one prediction, made by the weights that it names; each bad record is a
 * dead letter once; the stored weights are those of the batches up to the committed offset. What
 * at-least-once processing repeats after a crash is counted, and compared as far as it can be.
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
  private final Cluster cluster;
  private final boolean mayRepeat;
  private final Findings findings = new Findings();
  private final List<VerificationReport.Model> models = new ArrayList<>();
  private final List<Long> looked = new ArrayList<>();
  private final List<String> empty = new ArrayList<>(); // sentences about partitions

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

  private Verifier(ServiceConfig config, Scope scope, Cluster cluster) {
    this.config = config;
    this.scope = scope;
    this.cluster = cluster;
    mayRepeat = config.processingGuarantee() == ProcessingGuarantee.AT_LEAST_ONCE;
  }

  /**
   * Compares.
   *
   * @param config of the service
   * @throws VerificationException if there is nothing to compare, or it can't be read
   * @throws org.apache.kafka.common.KafkaException if the cluster can't be reached
   */
  public static VerificationReport verify(ServiceConfig config, Scope scope) {
    try (Cluster cluster = new Cluster(config)) {
      return new Verifier(config, scope, cluster).verify();
    }
  }

  private VerificationReport verify() {
    String images = config.topics().images();
    List<TopicPartition> inputs = cluster.partitions(images);
    if (cluster.isCompacted(images)) {
      findings.note(
          "topic %s is compacted: batches that Kafka has removed from it can't be learned again, and everything after one of them disagrees"
              .formatted(images));
    }
    StoredPlaces places = new StoredPlaces(new ModelPartitions(config, inputs.size()));
    for (TopicPartition input : inputs) {
      places.add(input, verify(new Subject(input, inputs.size(), this::covers)));
    }
    places.judge(findings);
    return report();
  }

  /** A follower takes its leader's records, and a leader may become what its follower was. */
  private boolean covers(String model) {
    String wanted = scope.model();
    return wanted == null
        || wanted.equals(model)
        || config.model(wanted).follows().equals(model)
        || config.model(model).follows().equals(wanted);
  }

  /** Returns what is stored for the partition: the offset of the last batch, by model. */
  private Map<String, Long> verify(Subject whole) {
    TopicPartition input = whole.input();
    long committedBefore = cluster.committed(input);
    Set<String> names = new HashSet<>();
    ChangelogView stored = readStored(whole, names);
    requireSameTopic(stored, whole);
    PlacementHistory partitions =
        new PlacementHistory(config, whole.partitions(), stored.followers());
    Set<String> leftOut = new HashSet<>(partitions.withoutSettings());
    Subject subject = whole.without(leftOut);
    noteWithoutSettings(input, leftOut);
    boolean allModels = scope.model() == null;
    AdoptionHistory adoptions = AdoptionHistory.of(stored.adoptions());
    OutputTopics outputs = new OutputTopics(cluster, config, subject, adoptions);
    long logStart = cluster.start(input);
    long start = Math.max(logStart, adoptions.start());
    PastImages past = // null where labels come with the images only
        config.topics().hasLabels()
            ? new PastImages(offset -> cluster.readFrom(input, offset))
            : null;
    InitialSpecs initial =
        new InitialSpecs(
            config, stored.earlierSettings(), cluster.topicId(input.topic()).toString());
    Replay replay =
        new Replay(config, partitions, subject.models(), names, initial, past, stored::tagged);
    Beginnings beginnings = new Beginnings(input, start, adoptions, replay);
    PartitionVerification partition =
        new PartitionVerification(
            input, beginnings, adoptions, mayRepeat, replay, config, findings);
    LabelsRange labelsRange = labelsRange(input.partition(), adoptions);
    if (start > 0 || adoptions.isNewBeginning() || labelsRange.isCut()) {
      long end = scope.until() == Long.MAX_VALUE ? Long.MAX_VALUE : scope.until() + 1;
      try (Outputs<ModelSnapshot> snapshots = outputs.snapshots(end, (record, why) -> {})) {
        partition.begin(snapshots, end - 1, labelsRange);
      }
      Set<String> unknown = partition.followersWithoutBeginning(stored);
      unknown.forEach(name -> leaveOut(name, partition.noSnapshot(name)));
      leftOut.addAll(unknown);
      allModels &= unknown.isEmpty();
    }
    partition.take(stored, allModels);
    labelsRange = labelsRange(input.partition(), adoptions);
    long committed = cluster.committed(input);
    long logEnd = cluster.end(input); // after the committed offset: it only grows
    OffsetsCheck offsets = new OffsetsCheck(cluster, config.applicationId(), input, findings);
    offsets.compareWithLog(committed, logStart, logEnd);
    ReplayRange range = ReplayRange.of(start, logEnd, committed, scope.until());
    // Each output topic is read once for every partition of the input; what is foreign counts once.
    BiConsumer<ConsumerRecord<byte[], byte[]>, String> foreign =
        input.partition() == 0 ? this::foreign : (record, why) -> {};
    try (LogCursor batches = cluster.read(input, start, range.end());
        Outputs<PredictionBatch> predictions = outputs.predictions(range.end(), foreign);
        Outputs<String> letters = outputs.deadLetters(range.end(), foreign);
        Outputs<ModelSnapshot> snapshots = outputs.snapshots(range.end(), foreign);
        AppliedVerification applied =
            applied(subject, adoptions, labelsRange, replay, beginnings, past, foreign)) {
      long records = findings.records();
      partition.run(
          batches,
          predictions,
          letters,
          snapshots,
          applied,
          Math.min(committedBefore, range.end()));
      partition.finish(predictions, letters, snapshots, range);
      if (range.atAllCommitted()) {
        partition.finishApplied();
      }
      if (range.atAllCommitted() && !mayRepeat) {
        offsets.compareWithOutput(Kind.EXTRA_PREDICTION, predictions.beyondEnd());
        offsets.compareWithOutput(Kind.EXTRA_DEAD_LETTER, letters.beyondEnd());
        offsets.compareWithOutput(Kind.WRONG_SNAPSHOT, snapshots.beyondEnd());
      }
      if (findings.records() == records) {
        offsets.whyNothing(range, logEnd).ifPresent(empty::add);
      }
    }
    noteUnknown(beginnings);
    looked.add(range.end());
    take(input, replay);
    return partition.stored();
  }

  private void noteWithoutSettings(TopicPartition input, Set<String> names) {
    if (!names.isEmpty()) {
      findings.note(
          "%s: models %s followed others and are not in the configuration any more: they are not looked at"
              .formatted(input, new TreeSet<>(names)));
    }
  }

  /**
   * A follower of which nothing can be said: its leader and others can be judged without it, unless
   * one may have become what it was.
   */
  private void leaveOut(String follower, VerificationException why) {
    if (config.topics().hasCommands() || follower.equals(scope.model())) {
      throw why;
    }
    findings.note(
        "model \"%s\" is not looked at, nor the number over all models: %s"
            .formatted(follower, why.getMessage()));
  }

  /** Models that have taken labels or obeyed commands, and of which nothing can be said. */
  private void noteUnknown(Beginnings beginnings) {
    SortedSet<String> names = beginnings.unknown();
    if (names.isEmpty()) {
      return;
    }
    VerificationException why = beginnings.noSnapshot(names.first());
    if (names.first().equals(scope.model())) {
      throw why;
    }
    findings.note(
        "what labels and commands did to %d models without batches since is not looked at, the first by name: %s"
            .formatted(names.size(), why.getMessage()));
  }

  private LabelsRange labelsRange(int number, AdoptionHistory adoptions) {
    if (!config.topics().hasApplied()) {
      return LabelsRange.NONE;
    }
    TopicPartition applied = new TopicPartition(config.topics().applied(), number);
    long appliedFrom = 0;
    long firstApplied = cluster.start(applied);
    if (firstApplied > adoptions.outputs(applied)) {
      try (LogCursor cursor = cluster.read(applied)) {
        appliedFrom = AppliedVerification.firstMoment(cursor);
      }
    }
    TopicPartition labels = new TopicPartition(config.topics().labels(), number);
    boolean hasLabels = config.topics().hasLabels();
    boolean hasCommands = config.topics().hasCommands();
    return new LabelsRange(
        hasLabels ? start(labels, adoptions) : 0,
        hasLabels ? cluster.committed(labels) : 0,
        appliedFrom,
        hasCommands ? start(commands(number), adoptions) : 0,
        hasCommands ? cluster.committed(commands(number)) : 0);
  }

  private long start(TopicPartition partition, AdoptionHistory adoptions) {
    return Math.max(cluster.start(partition), adoptions.outputs(partition));
  }

  private TopicPartition commands(int number) {
    return new TopicPartition(config.topics().commands(), number);
  }

  /**
   * Opens the labels and commands of a partition, and what came of them; null where there are none.
   */
  private @Nullable AppliedVerification applied(
      Subject subject,
      AdoptionHistory adoptions,
      LabelsRange range,
      Replay replay,
      Beginnings beginnings,
      @Nullable PastImages past,
      BiConsumer<ConsumerRecord<byte[], byte[]>, String> foreign) {
    if (!config.topics().hasApplied()) {
      return null;
    }
    int number = subject.input().partition();
    TopicPartition labels = new TopicPartition(config.topics().labels(), number);
    TopicPartition applied = new TopicPartition(config.topics().applied(), number);
    return new AppliedVerification(
        labels,
        past == null ? null : cluster.readFrom(labels, adoptions.outputs(labels)),
        cluster.readFrom(applied, adoptions.outputs(applied)),
        commands(subject, adoptions, range, replay, beginnings),
        past == null ? null : letters(labels, subject, adoptions),
        foreign,
        replay,
        beginnings,
        past,
        range,
        findings);
  }

  private @Nullable CommandsVerification commands(
      Subject subject,
      AdoptionHistory adoptions,
      LabelsRange range,
      Replay replay,
      Beginnings beginnings) {
    if (!config.topics().hasCommands()) {
      return null;
    }
    TopicPartition commands = commands(subject.input().partition());
    return new CommandsVerification(
        commands,
        cluster.readFrom(commands, adoptions.outputs(commands)),
        letters(commands, subject, adoptions),
        replay,
        beginnings,
        range.commandsStart(),
        range.commandsCommitted(),
        range.appliedFrom() > 0,
        findings);
  }

  /** The dead letters of a topic beside the images. */
  private Outputs<String> letters(TopicPartition of, Subject subject, AdoptionHistory adoptions) {
    Subject others = new Subject(of, subject.partitions(), subject.models());
    return new OutputTopics(cluster, config, others, adoptions)
        .deadLetters(cluster.end(of), (record, why) -> {});
  }

  private void foreign(ConsumerRecord<byte[], byte[]> record, String why) {
    if (scope.model() == null) { // it is about no model
      findings.foreign(record, why);
    }
  }

  /** What the service has stored of the subject, as last committed, and the names of all models. */
  private ChangelogView readStored(Subject subject, Set<String> names) {
    ChangelogView stored = new ChangelogView();
    String topic = ChangelogReader.topic(config.applicationId());
    TopicPartition changelog = new TopicPartition(topic, subject.input().partition());
    if (!cluster.exists(topic) || !cluster.partitions(topic).contains(changelog)) {
      findings.note(
          "%s does not exist: no weights are stored for %s".formatted(changelog, subject.input()));
      return stored;
    }
    try (LogCursor cursor = cluster.read(changelog)) {
      while (cursor.hasNext()) {
        ConsumerRecord<byte[], byte[]> record = cursor.next();
        try {
          String model = ChangelogView.model(record.key());
          if (model != null) {
            names.add(model);
          }
          if (model == null || subject.models().test(model)) {
            stored.put(record.key(), record.value());
          }
        } catch (UnreadableStateException e) {
          foreign(record, "is not the store's: " + e.getMessage());
        }
      }
    }
    return stored;
  }

  /** What has come of another input can't be left out. */
  private static void requireSetting(String key, boolean isSet, @Nullable Position stored) {
    if (!isSet && stored != null && stored.offset() > 0) {
      throw new VerificationException(
          "topics.%s is empty, and the models have taken what lies in %s before offset %d: set it, or nothing can be judged"
              .formatted(key, stored.topic(), stored.offset()));
    }
  }

  /** Nothing can be judged by another log than the one that the weights have learned. */
  private void requireSameTopic(ChangelogView stored, Subject subject) {
    String images = config.topics().images();
    try {
      Position position = stored.position();
      if (position != null
          && !(position.topic().equals(images)
              && position.topicId().equals(cluster.topicId(images).toString()))) {
        throw new VerificationException(
            "topic %s is not the one that the weights have learned from, %s with id %s: nothing can be judged before \"streamgrad adopt\""
                .formatted(images, position.topic(), position.topicId()));
      }
      if (position != null && position.partitions() != subject.partitions()) {
        throw new VerificationException(
            "topic %s has %d partitions, and the weights are of %d: which of them a model lives in has changed, nothing can be judged"
                .formatted(images, subject.partitions(), position.partitions()));
      }
      requireSetting("labels", config.topics().hasLabels(), stored.labelsPosition());
      requireSetting("commands", config.topics().hasCommands(), stored.commandsPosition());
    } catch (UnreadableStateException e) {
      throw new VerificationException("the position of the weights: " + e.getMessage());
    }
  }

  private void take(TopicPartition input, Replay replay) {
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
                        model.hasWeightsCompared() || model.hasHistoryCompared())));
  }

  private VerificationReport report() {
    if (findings.records() == 0 && models.isEmpty() && findings.counts().isEmpty()) {
      throw new VerificationException(
          "nothing to compare: "
              + (empty.isEmpty()
                  ? "application %s has committed no batch of %s%s"
                      .formatted(
                          config.applicationId(),
                          config.topics().images(),
                          scope.model() == null ? "" : " of model \"" + scope.model() + "\"")
                  : String.join("; ", empty)));
    }
    empty.forEach(findings::note);
    noteOthers(Kind.EXTRA_PREDICTION, config.topics().predictions());
    noteOthers(Kind.EXTRA_DEAD_LETTER, config.topics().deadLetters());
    models.sort(Comparator.comparing(VerificationReport.Model::name));
    return new VerificationReport(
        models,
        looked,
        findings.predictions(),
        findings.deadLetters(),
        findings.labelRecords(),
        findings.repeatedOutputs(),
        findings.outputsNotChecked(),
        findings.inputsSkipped(),
        findings.kept(),
        findings.counts(),
        findings.notes());
  }

  /** An output does not name its application; Kafka may know. */
  private void noteOthers(Kind kind, String topic) {
    if (findings.counts().containsKey(kind)) {
      Set<String> others = cluster.otherApplications(topic);
      findings.note(
          others.isEmpty()
              ? "a record does not name the application that wrote it: if another one writes to %s too, that is why there are extra ones"
                  .formatted(topic)
              : "another application writes to %s too, with the transactional id %s: give each application output topics of its own"
                  .formatted(topic, String.join(", ", others)));
    }
  }
}
