package io.streamgrad.verify;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.Partitioner;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.wire.ModelPartitions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A name is one model, whatever partition its records are sent to. */
class PartitionsIT extends OracleTests {
  private static final int PARTITIONS = 3;
  private static final List<String> NAMES = List.of("a", "b", "c", "größe", "21", "\ud83d\ude80");
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(30, 9);

  private final List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
  private int alreadySent; // so many of them

  @ParameterizedTest
  @EnumSource
  void givenRecordsInEveryPartitionThenANameIsOneModelAndTheOthersAreDeadLetters(Partitioner rule)
      throws IOException {
    ServiceConfig config = config("everywhere-" + rule.text(), rule);
    ModelPartitions partitions = new ModelPartitions(config, PARTITIONS);
    for (int i = 0; i < BATCHES.size(); i++) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        add(config, NAMES.get(i % NAMES.size()), partition, i);
      }
    }
    for (int partition = 0; partition < PARTITIONS; partition++) { // no key
      sent.add(
          new ProducerRecord<>(
              config.topics().images(), partition, null, BATCHES.get(0).toByteArray()));
    }
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      serve(service, config);
      int elsewhere = (PARTITIONS - 1) * (BATCHES.size() + 1);
      assertThat(metrics.scrape())
          .contains(
              "streamgrad_dead_letters_total{reason=\"wrong-partition\"} %d.0"
                  .formatted(elsewhere));
    }

    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);

    assertThat(report.disagreements()).isEmpty();
    assertThat(report.predictions()).isEqualTo(BATCHES.size() + 1);
    assertThat(report.deadLetters()).isEqualTo((PARTITIONS - 1) * (BATCHES.size() + 1L));
    assertThat(report.models()).hasSize(NAMES.size() + 1);
    assertThat(report.models())
        .allSatisfy(model -> assertThat(model.partition()).isEqualTo(partitions.of(model.name())));
    for (int m = 0; m < NAMES.size(); m++) {
      String name = NAMES.get(m);
      int first = m;
      List<ImageBatch> own =
          IntStream.range(0, BATCHES.size())
              .filter(i -> i % NAMES.size() == first)
              .mapToObj(BATCHES::get)
              .toList();
      assertThat(report.models())
          .filteredOn(model -> model.name().equals(name))
          .extracting(VerificationReport.Model::weightsSha256)
          .containsExactly(TestBatches.learnedSha256(config, name, own));
    }
    Reliability.row(
        Reliability.Table.KINDS,
        "each batch of %d models sent to each of %d partitions, rule %s"
            .formatted(NAMES.size(), PARTITIONS, rule.text()),
        9,
        sent.size(),
        "one model a name, %d dead letters, agrees".formatted(report.deadLetters()));
  }

  @Test
  void givenModelsThatAreSplitThenTheOracleSaysWhichAndOfTheOthersThatItAgrees()
      throws IOException {
    ServiceConfig before = config("split", Partitioner.CRC32);
    ServiceConfig now = config("split", Partitioner.MURMUR2);
    ModelPartitions then = new ModelPartitions(before, PARTITIONS);
    ModelPartitions today = new ModelPartitions(now, PARTITIONS);
    List<String> moved = NAMES.stream().filter(n -> then.of(n) != today.of(n)).sorted().toList();
    assertThat(moved).contains("a", "21").doesNotContain("b");

    learn(before, then);
    assertThat(Verifier.verify(before, Verifier.Scope.ALL).agrees()).isTrue();
    List<Disagreement> unsplit = wrongPartition(Verifier.verify(now, Verifier.Scope.ALL));
    learn(now, today);
    List<Disagreement> split = wrongPartition(Verifier.verify(now, Verifier.Scope.ALL));

    assertThat(unsplit).extracting(Disagreement::model).containsExactlyInAnyOrderElementsOf(moved);
    assertThat(unsplit)
        .allSatisfy(
            finding ->
                assertThat(finding.detail())
                    .doesNotContain("split")
                    .endsWith("belongs there by models.partitioner: crc32"));
    assertThat(split).extracting(Disagreement::model).containsExactlyInAnyOrderElementsOf(moved);
    assertThat(split)
        .filteredOn(finding -> finding.model().equals("a"))
        .singleElement()
        .asString()
        .startsWith("wrong partition: model \"a\", input split.images-0@")
        .contains(
            ": the weights are stored in partition 0, its model's name belongs to partition 1 by"
                + " models.partitioner: murmur2; the model is split, with weights in each of the"
                + " partitions [0, 1]");
    VerificationReport untouched = Verifier.verify(now, Verifier.Scope.of("b"));
    assertThat(untouched.disagreements()).isEmpty();
    assertThat(untouched.updates()).isEqualTo(2);
    Reliability.row(
        Reliability.Table.KINDS,
        "the rule changed while models were stored",
        9,
        moved.size(),
        "each named by verify, the others agree");
  }

  @Test
  void givenNamesThatAreNotAllowedThenTheyAreDeadLettersForTheOracleToo() throws IOException {
    Map<String, String> onlySome = Map.of("models.allow", "[a, gr*]");
    ServiceConfig config = config("allowed", Partitioner.MURMUR2, onlySome);

    learn(config, new ModelPartitions(config("allowed", Partitioner.MURMUR2), PARTITIONS));

    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.disagreements()).isEmpty();
    assertThat(report.models())
        .extracting(VerificationReport.Model::name)
        .containsExactlyInAnyOrder("a", "größe");
    assertThat(report.predictions()).isEqualTo(2);
    assertThat(report.deadLetters()).isEqualTo(NAMES.size() - 2L);
    // Under another list the same log means something else.
    ServiceConfig all = config("allowed", Partitioner.MURMUR2);
    assertThat(Verifier.verify(all, Verifier.Scope.ALL).disagreements())
        .extracting(Disagreement::kind)
        .contains(Kind.MISSING_PREDICTION, Kind.EXTRA_DEAD_LETTER);
  }

  @Test
  void givenMoreModelsThanThereMayBeThenTheOracleComesToTheSameOnesWhateverItLooksAt()
      throws IOException {
    ServiceConfig config = config("limited", Partitioner.MURMUR2, Map.of("models.max", "1"));
    ModelPartitions partitions = new ModelPartitions(config, PARTITIONS);
    Map<Integer, String> first = new TreeMap<>(); // by partition
    NAMES.forEach(name -> first.putIfAbsent(partitions.of(name), name));

    learn(config, NAMES, partitions);
    List<String> otherOrder = new ArrayList<>(NAMES);
    Collections.reverse(otherOrder);
    learn(config, otherOrder, partitions); // after a restart

    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.disagreements()).isEmpty();
    assertThat(report.models())
        .extracting(VerificationReport.Model::name)
        .containsExactlyInAnyOrderElementsOf(first.values());
    assertThat(report.deadLetters()).isEqualTo(2L * (NAMES.size() - first.size())).isPositive();
    for (String name : NAMES) {
      VerificationReport one = Verifier.verify(config, Verifier.Scope.of(name));
      assertThat(one.disagreements()).as(name).isEmpty();
      assertThat(one.deadLetters()).as(name).isEqualTo(first.containsValue(name) ? 0 : 2);
    }
  }

  private static List<Disagreement> wrongPartition(VerificationReport report) {
    return report.disagreements().stream().filter(d -> d.kind() == Kind.WRONG_PARTITION).toList();
  }

  private static ServiceConfig config(String name, Partitioner rule) {
    return config(name, rule, Map.of());
  }

  private static ServiceConfig config(String name, Partitioner rule, Map<String, String> more) {
    Map<String, String> settings = new HashMap<>(more);
    settings.put("topics.partitions", Integer.toString(PARTITIONS));
    settings.put("models.partitioner", rule.text());
    return broker.config(name, settings);
  }

  /** One batch of each model, where it lives. */
  private void learn(ServiceConfig config, ModelPartitions partitions) {
    learn(config, NAMES, partitions);
  }

  private void learn(ServiceConfig config, List<String> names, ModelPartitions partitions) {
    names.forEach(name -> add(config, name, partitions.of(name), 0));
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      serve(service, config);
    }
  }

  private void add(ServiceConfig config, String name, int partition, int batch) {
    sent.add(
        new ProducerRecord<>(
            config.topics().images(),
            partition,
            name.getBytes(UTF_8),
            BATCHES.get(batch).toByteArray()));
  }

  /** Sends what is not yet sent, and waits until all of it is committed. */
  private void serve(StreamsService service, ServiceConfig config) {
    broker.sendRecords(sent.subList(alreadySent, sent.size()));
    alreadySent = sent.size();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      int in = partition;
      OracleBroker.awaitCommitted(
          service, config, in, sent.stream().filter(record -> record.partition() == in).count());
    }
  }
}
