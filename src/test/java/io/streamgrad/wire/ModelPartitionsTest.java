package io.streamgrad.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import io.streamgrad.config.Partitioner;
import io.streamgrad.config.load.ConfigLoader;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The rule by which producers and service agree on a model's partition. */
class ModelPartitionsTest {
  /** A prime, so that the remainder has every bit of the hash in it. */
  private static final int PRIME = 2_147_483_629;

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @ParameterizedTest
  @CsvSource({ // Kafka's own test vectors, those of librdkafka's rdmurmur2.c, and CRC-32's check
    // value
    "MURMUR2, 21,                c5f2f8ec",
    "MURMUR2, foobar,            d0e47bbe",
    "MURMUR2, kafka,             d067cf64",
    "MURMUR2, giberish123456789, 8f552b0c",
    "MURMUR2, 1234,              9fc97b14",
    "MURMUR2, 4,                 5a4b5ca1",
    "CRC32,   123456789,         cbf43926",
    "CRC32,   kafka,             5bbc7517",
    "CRC32,   giberish123456789, 7b3a8e3f",
  })
  void itIsTheHashThatOthersPublish(Partitioner rule, String key, String hash) {
    long unsigned = Long.parseLong(hash, 16);
    long positive = rule == Partitioner.MURMUR2 ? unsigned & Integer.MAX_VALUE : unsigned;

    assertThat(ModelPartitions.partition(rule, key.getBytes(UTF_8), PRIME))
        .isEqualTo((int) (positive % PRIME));
  }

  @Test
  void itIsWhereJavasProducersAndZlibPutAnyKey() {
    Random random = new Random(18);
    for (int i = 0; i < 20_000; i++) {
      byte[] key = new byte[random.nextInt(250)];
      random.nextBytes(key);
      int partitions = 1 + random.nextInt(random.nextBoolean() ? 12 : 5_000);
      CRC32 crc = new CRC32();
      crc.update(key);

      assertThat(ModelPartitions.partition(Partitioner.MURMUR2, key, partitions))
          .isEqualTo(BuiltInPartitioner.partitionForKey(key, partitions))
          .isBetween(0, partitions - 1);
      assertThat(ModelPartitions.partition(Partitioner.CRC32, key, partitions))
          .isEqualTo((int) Long.remainderUnsigned(crc.getValue(), partitions))
          .isBetween(0, partitions - 1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRecordIsGoodInOnePartitionOnly(Partitioner rule) {
    ModelPartitions partitions = partitions(rule, 5);
    for (String name : List.of("a", "mnist", "größe", "\ud83d\ude80", "n".repeat(249))) {
      for (int partition = 0; partition < 5; partition++) {
        boolean good = refusal(partitions, name.getBytes(UTF_8), partition) == null;

        assertThat(good).isEqualTo(partition == partitions.of(name));
        assertThat(partitions.misplaced(name, partition).isEmpty()).isEqualTo(good);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRecordWithoutKeyIsWhereTheDefaultModelLives(Partitioner rule) {
    ModelPartitions partitions = partitions(rule, 5);

    for (int partition = 0; partition < 5; partition++) {
      assertThat(refusal(partitions, null, partition) == null)
          .isEqualTo(partition == partitions.of("default"));
    }
  }

  @Test
  void aNameThatNoPatternIsForLivesNowhere() {
    ModelPartitions partitions = allowing("[sensor-*, mnist]");
    for (String name : List.of("sensor-1", "mnist")) {
      assertThat(refusal(partitions, name.getBytes(UTF_8), partitions.of(name))).isNull();
    }
    for (int partition = 0; partition < 3; partition++) {
      assertThat(refusal(partitions, "mnist-2".getBytes(UTF_8), partition))
          .hasMessage("models.allow has no pattern for the name \"mnist-2\"")
          .returns(BadRecordException.Reason.MODEL_NOT_ALLOWED, BadRecordException::reason);
      assertThat(refusal(partitions, null, partition))
          .hasMessage("models.allow has no pattern for the name \"default\"");
    }
  }

  @Test
  void theMessageNamesTheRuleBothPartitionsAndWhatMendsTheProducer() {
    assertThat(refusal(partitions(Partitioner.MURMUR2, 3), "b".getBytes(UTF_8), 0))
        .hasMessage(
            "the record lies in partition 0 of 3, its model's name belongs to partition 2 by"
                + " models.partitioner: murmur2; set the producer's partitioner (librdkafka:"
                + " partitioner=murmur2_random; kafkajs: Partitioners.DefaultPartitioner, before"
                + " version 2 JavaCompatiblePartitioner; Java: the default)");
    assertThat(refusal(partitions(Partitioner.CRC32, 3), "b".getBytes(UTF_8), 0))
        .hasMessage(
            "the record lies in partition 0 of 3, its model's name belongs to partition 2 by"
                + " models.partitioner: crc32; set the producer's partitioner (librdkafka:"
                + " partitioner=consistent_random, the default; other clients: CRC-32 of the key"
                + " modulo partitions)");
  }

  @Test
  void theMessageNamesTheOtherRuleIfTheRecordLiesWhereThatOnePutsIt() {
    assertThat(refusal(partitions(Partitioner.MURMUR2, 3), "a".getBytes(UTF_8), 0))
        .hasMessageEndingWith("Java: the default), or models.partitioner: crc32 here");
  }

  /** Whatever partition its own name belongs to. */
  @Test
  void aFollowerLivesWhereItsLeaderDoesAndTakesCommandsThere() {
    ModelPartitions partitions =
        new ModelPartitions(ConfigLoader.load(null, Map.of(), Map.of("models.b.follows", "a")), 3);
    byte[] follower = "b".getBytes(UTF_8);
    int home = partitions(Partitioner.MURMUR2, 3).of("a");
    int elsewhere = partitions(Partitioner.MURMUR2, 3).of("b");

    assertThat(partitions.of("b")).isEqualTo(home).isNotEqualTo(elsewhere);
    assertThat(partitions.misplaced("b", elsewhere))
        .contains(
            "stored in partition 2, it follows model \"a\", which lives in partition " + home);
    for (int partition = 0; partition < 3; partition++) {
      assertThat(refusal(partitions, follower, partition))
          .returns(BadRecordException.Reason.FOLLOWER, BadRecordException::reason);
      assertThat(partitions.misplacedCommand(follower, partition).isEmpty())
          .isEqualTo(partition == home);
    }
  }

  @Test
  void theMessageSaysThatAKeyIsMissing() {
    assertThat(refusal(partitions(Partitioner.MURMUR2, 3), null, 0))
        .hasMessage(
            "the record has no key and so is of the default model, \"default\": it lies in"
                + " partition 0 of 3, its model's name belongs to partition 1 by"
                + " models.partitioner: murmur2; send the model's name as the key");
  }

  @Test
  void anotherRuleIsNamedOnlyIfItExplainsEveryModel() {
    ModelPartitions partitions = partitions(Partitioner.MURMUR2, 3);

    assertThat(partitions.otherRule(List.of("a", "c"), 0)).contains(Partitioner.CRC32);
    assertThat(partitions.otherRule(List.of("a", "b"), 0)).isEqualTo(Optional.empty());
  }

  @ParameterizedTest
  @EnumSource
  void aGoodRecordCostsNoAllocation(Partitioner rule) {
    ModelPartitions partitions = partitions(rule, 5);
    byte[] key = "a model of some name".getBytes(UTF_8);
    int home = partitions.of("a model of some name");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = Long.MAX_VALUE;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (bytes > 0 && System.nanoTime() < deadline) { // the JVM compiles meanwhile
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 1000; i++) {
        check(partitions, key, home);
      }
      bytes = (threads.getCurrentThreadAllocatedBytes() - before) / 1000;
    }
    assertThat(bytes).isZero();
  }

  private static void check(ModelPartitions partitions, byte[] key, int partition) {
    try {
      partitions.check(key, partition);
    } catch (BadRecordException e) {
      throw new AssertionError(e);
    }
  }

  private static ModelPartitions partitions(Partitioner rule, int count) {
    return new ModelPartitions(
        ConfigLoader.load(
            null,
            Map.of(),
            Map.of("models.partitioner", rule.text(), "models.allow", "[\"n*z*\", \"*\"]")),
        count);
  }

  private static ModelPartitions allowing(String patterns) {
    return new ModelPartitions(
        ConfigLoader.load(null, Map.of(), Map.of("models.allow", patterns)), 3);
  }

  private static @Nullable BadRecordException refusal(
      ModelPartitions partitions, byte @Nullable [] key, int partition) {
    return catchThrowableOfType(BadRecordException.class, () -> partitions.check(key, partition));
  }
}
