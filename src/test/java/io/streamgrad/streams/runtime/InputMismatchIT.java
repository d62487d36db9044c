package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.streams.adopt.AdoptionException;
import io.streamgrad.streams.adopt.Adoptions;
import io.streamgrad.streams.adopt.Adoptions.ContinueAt;
import io.streamgrad.streams.input.GroupMembers;
import io.streamgrad.streams.input.InputMismatchException;
import io.streamgrad.streams.input.Mismatch.Kind;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.v1.Adoption;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.verify.VerificationException;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Weights, offsets and topics that don't belong together: the service says so and stops, and goes
 * on as it was told; then the oracle looks.
 */
class InputMismatchIT extends OracleTests {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(60, 24);
  private static final int FIRST = 30;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @Test
  void givenNoOffsetsWhenTheWeightsCountThenNothingIsLearnedTwice() throws Exception {
    ServiceConfig config = learned("forgotten");
    try (Admin admin = admin(config)) {
      admin.deleteConsumerGroupOffsets(config.applicationId(), Set.of(images(config))).all().get();
    }

    refuses(config, Kind.LEARNED_TWICE, "has committed no offset");
    adopt(config, ContinueAt.WEIGHTS);

    goesOn(config, FIRST, BATCHES.size(), 0);
    row("group offsets deleted", "refused; adopted at the weights, the oracle agrees");
  }

  @Test
  void givenAnOffsetSetForwardWhenItCountsThenTheBatchesAreLeftOutAndTheOracleKnows()
      throws Exception {
    ServiceConfig config = learned("forward");
    send(config, FIRST, 40);
    setOffset(config, 40);

    refuses(config, Kind.SKIPPED, "skip the batches from offset 30 to 39");
    adopt(config, ContinueAt.OFFSET);

    goesOn(config, 40, BATCHES.size(), 10);
    Adoption trace = trace(config);
    assertThat(trace.getFrom().getOffset()).isEqualTo(FIRST);
    assertThat(trace.getTo().getOffset()).isEqualTo(40);
    assertThat(trace.getReason()).isEqualTo("a test");
    row(
        "group offset set forward",
        "refused; adopted at the offset, the oracle agrees, 10 skipped");
  }

  @Test
  void givenAnOffsetSetBackWhenItCountsThenTheBatchesAreLearnedAgain() throws Exception {
    ServiceConfig config = learned("back");
    setOffset(config, 20);

    refuses(config, Kind.LEARNED_TWICE, "learn the batches from offset 20 to 29 a second time");
    adopt(config, ContinueAt.OFFSET);

    VerificationReport report = goesOn(config, FIRST, BATCHES.size(), 0);
    assertThat(report.updates()).isEqualTo(BATCHES.size() + 10);
    row("group offset set back", "refused; adopted at the offset, the oracle agrees from there on");
  }

  @Test
  void givenAnOffsetBeyondTheLogWhenItCountsThenTheLogIsLearnedAgain() throws Exception {
    ServiceConfig config = learned("beyond");
    setOffset(config, 100);

    refuses(config, Kind.SKIPPED, "to learn the log again from offset 0");
    adopt(config, ContinueAt.OFFSET);

    VerificationReport report = goesOn(config, FIRST, BATCHES.size(), 0);
    assertThat(report.updates()).isEqualTo(BATCHES.size() + FIRST);
    row(
        "group offset beyond the log",
        "refused; adopted at its start, the oracle agrees from there on");
  }

  @Test
  void givenNoChangelogWhenTheWeightsCountThenTheLogIsLearnedFromItsBeginning() throws Exception {
    ServiceConfig config = learned("lost");
    try (Admin admin = admin(config)) {
      admin.deleteTopics(List.of(ChangelogReader.topic(config.applicationId()))).all().get();
    }

    refuses(config, Kind.WEIGHTS_MISSING, "its changelog has no weights");
    adopt(config, ContinueAt.WEIGHTS);

    VerificationReport report = goesOn(config, FIRST, BATCHES.size(), 0);
    assertThat(report.updates()).isEqualTo(BATCHES.size());
    row("changelog deleted", "refused; adopted at the log's beginning, the oracle agrees");
  }

  @Test
  void givenAHeadThatIsDeletedWhenTheLogCountsThenTheWeightsGoOnAtItsStart() throws Exception {
    ServiceConfig config = learned("deleted");
    send(config, FIRST, 40);
    broker.deleteStart(config.topics().images(), 35);

    refuses(config, Kind.RECORDS_DELETED, "records were deleted before they were learned");
    adopt(config, ContinueAt.OFFSET);

    VerificationReport report = goesOn(config, 40, BATCHES.size(), 0);
    assertThat(report.updates()).isEqualTo(BATCHES.size() - 5);
    row("log's head deleted beyond the offset", "refused; adopted at the head, the oracle agrees");
  }

  @Test
  void givenATopicMadeAnewWhenItCountsThenTheWeightsGoOnWithItsFirstRecord() throws Exception {
    ServiceConfig config = learned("anew");
    makeAnew(config);

    refuses(config, Kind.TOPIC_MADE_ANEW, "was deleted and created again");
    assertThatThrownBy(() -> Verifier.verify(config, Verifier.Scope.ALL))
        .hasMessageContaining("nothing can be judged before \"streamgrad adopt\"");
    assertThatThrownBy(() -> adopt(config, ContinueAt.WEIGHTS))
        .hasMessageContaining("--continue-at weights is not possible");
    adopt(config, ContinueAt.OFFSET);

    VerificationReport report = goesOn(config, 0, FIRST, 0);
    assertThat(report.updates()).isEqualTo(2L * FIRST);
    row("images topic created again", "refused; adopted at its beginning, the oracle agrees");
  }

  @Test
  void givenAnotherTopicThenTheServiceRefusesIt() throws Exception {
    learned("renamed");
    ServiceConfig renamed = broker.config("renamed", Map.of("topics.images", "renamed.other"));

    refuses(renamed, Kind.OTHER_TOPIC, "have learned from topic renamed.images");
    row("topics.images changed", "refused");
  }

  @Test
  void givenNothingWrongThenAdoptSaysSo() {
    ServiceConfig config = learned("sound");

    try (Adoptions adoptions = new Adoptions(config)) {
      assertThat(adoptions.isNothingWrong()).isTrue();
      assertThat(adoptions.descriptions())
          .containsExactly(
              "sound.images-0: nothing is wrong, weights and group are at offset " + FIRST);
    }
  }

  @Test
  void givenARunningServiceThenAnotherOneOffsetsAndAdoptAreRefused() throws Exception {
    ServiceConfig config = learned("running");
    ServiceConfig other = broker.config("running", Map.of("topics.images", "running.other"));
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      send(config, FIRST, FIRST + 1);
      OracleBroker.awaitCommitted(service, config, FIRST + 1);

      assertThatThrownBy(() -> start(other))
          .isInstanceOf(InputMismatchException.class)
          .hasMessageContaining("another service with application-id running is running");
      assertThatThrownBy(() -> setOffset(config, 0)).hasMessageContaining("UnknownMemberId");
      assertThatThrownBy(() -> new Adoptions(config))
          .isInstanceOf(AdoptionException.class)
          .hasMessageContaining("stop all of its instances first");
      assertThat(service.status().ready()).isTrue();
    }
    row("a second service with the same application-id and other topics", "refused");
  }

  @Test
  void givenATopicThatChangesWhileTheServiceRunsThenItStopsAndSaysSo() throws Exception {
    ServiceConfig more = learned("more");
    ServiceConfig anew = learned("anew-running");
    try (ServiceMetrics a = OracleBroker.metrics();
        ServiceMetrics b = OracleBroker.metrics();
        StreamsService morePartitions = StreamsService.start(more, a);
        StreamsService madeAnew = StreamsService.start(anew, b)) {
      Awaitility.await().atMost(PATIENCE).until(() -> morePartitions.status().ready());
      Awaitility.await().atMost(PATIENCE).until(() -> madeAnew.status().ready());
      long struck = System.nanoTime();
      try (Admin admin = admin(more)) {
        admin
            .createPartitions(Map.of(more.topics().images(), NewPartitions.increaseTo(3)))
            .all()
            .get();
      }
      makeAnew(anew);

      assertThat(Failures.message(Objects.requireNonNull(morePartitions.awaitStopped())))
          .contains("has 3 partitions, and the weights of application more are of 1")
          .contains("-c application-id=more-3-partitions");
      assertThatThrownBy(() -> Verifier.verify(more, Verifier.Scope.ALL))
          .isInstanceOf(VerificationException.class)
          .hasMessageContaining("topic more.images has 3 partitions, and the weights are of 1");
      // Kafka Streams may notice in the moment in which there is none.
      assertThat(Failures.message(Objects.requireNonNull(madeAnew.awaitStopped())))
          .containsAnyOf("was deleted and created again", "topic anew-running.images was deleted");
      assertThat(Duration.ofNanos(System.nanoTime() - struck)).isLessThan(PATIENCE);
    }
    row(
        "partitions added, or the topic created again, while it runs",
        "stops within a minute, says so");
  }

  @Test
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void givenTopicsThatGoWhileTheServiceRunsThenItStopsAndSaysSo() throws Exception {
    ServiceConfig unstored = learned("unstored");
    ServiceConfig unanswered = learned("unanswered");
    String changelog = ChangelogReader.topic(unstored.applicationId());
    try (ServiceMetrics a = OracleBroker.metrics();
        ServiceMetrics b = OracleBroker.metrics();
        StreamsService noChangelog = StreamsService.start(unstored, a);
        StreamsService noPredictions = StreamsService.start(unanswered, b);
        Admin admin = admin(unstored)) {
      Awaitility.await().atMost(PATIENCE).until(() -> noChangelog.status().ready());
      Awaitility.await().atMost(PATIENCE).until(() -> noPredictions.status().ready());
      long struck = System.nanoTime();
      admin.deleteTopics(List.of(changelog, unanswered.topics().predictions())).all().get();

      assertThat(noChangelog.awaitStopped())
          .isInstanceOf(TopicsException.class)
          .hasMessage("topic %s was deleted", changelog);
      assertThat(noPredictions.awaitStopped())
          .isInstanceOf(TopicsException.class)
          .hasMessage("topic unanswered.predictions was deleted");
      assertThat(Duration.ofNanos(System.nanoTime() - struck)).isLessThan(PATIENCE);
    }
    row(
        "the changelog, or the predictions topic, deleted while it runs",
        "stops within a minute, says so");
  }

  /** A service that has learned the first batches, and has stopped. */
  private static ServiceConfig learned(String name) {
    ServiceConfig config = broker.config(name, Map.of("snapshots.every-updates", "1000"));
    serve(config, 0, FIRST, FIRST);
    return config;
  }

  private static void serve(ServiceConfig config, int from, int to, long committed) {
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      send(config, from, to);
      OracleBroker.awaitCommitted(service, config, committed);
    }
  }

  /** The rest is learned, in two runs, and the oracle agrees. */
  private static VerificationReport goesOn(ServiceConfig config, int from, int to, long skipped) {
    serve(config, from, to - 1, to - 1L);
    serve(config, to - 1, to, to);
    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.disagreements()).isEmpty();
    assertThat(report.skipped()).isEqualTo(skipped);
    assertThat(report.models()).allMatch(VerificationReport.Model::weightsCompared);
    return report;
  }

  private static void start(ServiceConfig config) {
    try (ServiceMetrics metrics = OracleBroker.metrics()) {
      StreamsService.start(config, metrics).close();
    }
  }

  private static void refuses(ServiceConfig config, Kind kind, String found) throws Exception {
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      Throwable failure = Failures.root(Objects.requireNonNull(service.awaitStopped()));
      assertThat(failure)
          .isInstanceOf(InputMismatchException.class)
          .hasMessageContaining(found)
          .hasMessageContaining("streamgrad adopt --continue-at ");
      assertThat(((InputMismatchException) failure).kind()).isEqualTo(kind);
    }
    try (Admin admin = admin(config)) { // it would take a session until adopt may begin
      if (GroupMembers.of(admin, config).count() > 0) {
        admin
            .removeMembersFromConsumerGroup(
                config.applicationId(), new RemoveMembersFromConsumerGroupOptions())
            .all()
            .get();
      }
    }
  }

  private static void adopt(ServiceConfig config, ContinueAt where) {
    try (Adoptions adoptions = new Adoptions(config)) {
      assertThat(adoptions.isNothingWrong()).isFalse();
      adoptions.adopt(where, "a test");
    }
    try (Adoptions adoptions = new Adoptions(config)) {
      assertThat(adoptions.descriptions()).allMatch(line -> line.contains("nothing is wrong"));
    }
  }

  private static Adoption trace(ServiceConfig config) throws Exception {
    for (var record : broker.read(config.topics().metrics())) {
      MetricsReport report = MetricsReport.parseFrom(record.value());
      if (report.getReason() == MetricsReport.Reason.REASON_ADOPTED) {
        return report.getAdoption();
      }
    }
    throw new AssertionError("no trace on " + config.topics().metrics());
  }

  private static void setOffset(ServiceConfig config, long offset) throws Exception {
    try (Admin admin = admin(config)) {
      admin
          .alterConsumerGroupOffsets(
              config.applicationId(), Map.of(images(config), new OffsetAndMetadata(offset)))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
  }

  private static void makeAnew(ServiceConfig config) throws Exception {
    String topic = config.topics().images();
    try (Admin admin = admin(config)) {
      admin.deleteTopics(List.of(topic)).all().get();
      Awaitility.await()
          .ignoreExceptions()
          .atMost(PATIENCE)
          .until(
              () -> {
                admin
                    .createTopics(List.of(new NewTopic(topic, Optional.of(1), Optional.empty())))
                    .all()
                    .get();
                return true;
              });
    }
  }

  private static void send(ServiceConfig config, int from, int to) {
    broker.send(
        config.topics().images(),
        BATCHES.subList(from, to).stream().map(ImageBatch::toByteArray).toList());
  }

  private static TopicPartition images(ServiceConfig config) {
    return new TopicPartition(config.topics().images(), 0);
  }

  private static Admin admin(ServiceConfig config) {
    return Admin.create(new HashMap<>(config.kafka().client("admin")));
  }

  private static void row(String what, String outcome) throws Exception {
    Reliability.row(Reliability.Table.KINDS, what, "-", 1, outcome);
  }
}
