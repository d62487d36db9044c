package io.streamgrad.wire;

import io.streamgrad.config.Followers;
import io.streamgrad.config.NamePattern;
import io.streamgrad.config.Partitioner;
import io.streamgrad.config.ServiceConfig;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Where models live: each in the partition of the images topic that its name belongs to, so that a
 * name is one model (docs/decisions/0020), and nowhere if its name is not allowed. The rule is that
 * of the producers, which hash the key, and the key is the name. Immutable.
 */
public final class ModelPartitions {
  private final Partitioner rule;
  private final int count;
  private final NamePattern[] allowed;
  private final String defaultModel;
  private final boolean defaultAllowed;
  private final int ofDefaultModel;
  private final Followers followers;
  private final byte[][] followersNames; // UTF-8, in order

  /**
   * The partitions of the models of a service.
   *
   * @param count how many the images topic has, 1 or above
   */
  public ModelPartitions(ServiceConfig config, int count) {
    this(config, count, new Followers(config));
  }

  /**
   * The same with other followers than the configuration's: with those of another time.
   *
   * @param count how many the images topic has, 1 or above
   */
  public ModelPartitions(ServiceConfig config, int count, Followers followers) {
    rule = config.models().partitioner();
    this.count = count;
    allowed = config.models().allowedNames().toArray(NamePattern[]::new);
    defaultModel = config.defaultModel();
    defaultAllowed = isAllowed(utf8(defaultModel));
    this.followers = followers;
    followersNames =
        followers.leaders().keySet().stream().map(ModelPartitions::utf8).toArray(byte[][]::new);
    ofDefaultModel = of(defaultModel);
  }

  /**
   * The rule itself: the partition that a key belongs to.
   *
   * @param partitions how many there are, 1 or above
   */
  public static int partition(Partitioner rule, byte[] key, int partitions) {
    return switch (rule) {
      case MURMUR2 -> Utils.toPositive(Utils.murmur2(key)) % partitions;
      case CRC32 -> {
        CRC32 crc = new CRC32();
        crc.update(key);
        yield (int) (crc.getValue() % partitions);
      }
    };
  }

  /** The partition that the model of this name lives in: a follower in that of its leader. */
  public int of(String name) {
    String leader = followers.leader(name);
    return partition(rule, utf8(leader == null ? name : leader), count);
  }

  /** Which models follow others. */
  public Followers followers() {
    return followers;
  }

  /**
   * Checks that images or labels lie where their model lives. Called for every record: allocates
   * nothing once it is compiled, unless the record is a bad one. What it says depends on nothing
   * but configuration, key and partition, so that the oracle comes to the same.
   *
   * @param key null for a record of the default model
   * @throws BadRecordException if there may be no such model, or it lives elsewhere, or takes the
   *     records of another one; the message says how to mend the producer
   */
  public void check(byte @Nullable [] key, int partition) throws BadRecordException {
    String follower = follower(key);
    if (follower != null) {
      throw new BadRecordException(
          BadRecordException.Reason.FOLLOWER,
          "model \"%s\" follows \"%s\" and has no records of its own: send them to \"%s\""
              .formatted(follower, followers.leader(follower), followers.leader(follower)));
    }
    checkAllowed(key);
    if (home(key) != partition) {
      throw new BadRecordException(
          BadRecordException.Reason.WRONG_PARTITION, elsewhere(key, partition));
    }
  }

  /**
   * Checks that a command is for a model that there may be: one that follows has commands of its
   * own.
   *
   * @throws BadRecordException if there may be no such model
   */
  public void checkCommand(byte @Nullable [] key) throws BadRecordException {
    if (follower(key) == null) {
      checkAllowed(key);
    }
  }

  /**
   * Why a command for a model that there may be is refused in the partition that it lies in: the
   * model lives in another one. Empty if it does not.
   */
  public Optional<String> misplacedCommand(byte @Nullable [] key, int partition) {
    String follower = follower(key);
    if (follower == null) {
      return home(key) == partition ? Optional.empty() : Optional.of(elsewhere(key, partition));
    }
    return of(follower) == partition
        ? Optional.empty()
        : Optional.of(
            "the command lies in partition %d of %d, %s; send it there"
                .formatted(partition, count, belongs(follower)));
  }

  private @Nullable String follower(byte @Nullable [] key) {
    for (byte[] name : followersNames) {
      if (Arrays.equals(name, key)) {
        return new String(name, StandardCharsets.UTF_8);
      }
    }
    return null;
  }

  private void checkAllowed(byte @Nullable [] key) throws BadRecordException {
    if (key == null ? !defaultAllowed : !isAllowed(key)) {
      throw new BadRecordException(
          BadRecordException.Reason.MODEL_NOT_ALLOWED,
          "models.allow has no pattern for the name \"%s\""
              .formatted(key == null ? defaultModel : new String(key, StandardCharsets.UTF_8)));
    }
  }

  /** The partition of a record, by its key alone. */
  private int home(byte @Nullable [] key) {
    return key == null ? ofDefaultModel : partition(rule, key, count);
  }

  /** What is wrong with a record that lies elsewhere, and how to mend its producer. */
  private String elsewhere(byte @Nullable [] key, int partition) {
    return key == null ? withoutKey(partition) : withKey(key, partition);
  }

  /** Whether there may be a model of this name. */
  public boolean isAllowed(String name) {
    return isAllowed(utf8(name));
  }

  private boolean isAllowed(byte[] name) {
    for (NamePattern pattern : allowed) {
      if (pattern.matches(name)) {
        return true;
      }
    }
    return false;
  }

  private String withoutKey(int partition) {
    return "the record has no key and so is of the default model, \"%s\": it lies in partition %d of %d, %s; send the model's name as the key"
        .formatted(defaultModel, partition, count, belongs(ofDefaultModel));
  }

  private String withKey(byte[] key, int partition) {
    String message =
        "the record lies in partition %d of %d, %s; set the producer's partitioner (%s)"
            .formatted(partition, count, belongs(partition(rule, key, count)), producersSettings());
    return otherRules()
        .filter(other -> partition(other, key, count) == partition)
        .findFirst()
        .map(other -> message + ", or models.partitioner: %s here".formatted(other.text()))
        .orElse(message);
  }

  /** The partition that the name belongs to and why, for a message. */
  private String belongs(int home) {
    return "its model's name belongs to partition %d by models.partitioner: %s"
        .formatted(home, rule.text());
  }

  /** The same of a model, which may be a follower. */
  private String belongs(String name) {
    String leader = followers.leader(name);
    return leader == null
        ? belongs(of(name))
        : "it follows model \"%s\", which lives in partition %d".formatted(leader, of(name));
  }

  private String producersSettings() {
    return switch (rule) {
      case MURMUR2 ->
          "librdkafka: partitioner=murmur2_random; kafkajs: Partitioners.DefaultPartitioner, before"
              + " version 2 JavaCompatiblePartitioner; Java: the default";
      case CRC32 ->
          "librdkafka: partitioner=consistent_random, the default; other clients: CRC-32 of the key"
              + " modulo partitions";
    };
  }

  /**
   * What is wrong with a model that is stored in a partition where it does not live; empty if
   * nothing is.
   */
  public Optional<String> misplaced(String name, int partition) {
    int home = of(name);
    return home == partition
        ? Optional.empty()
        : Optional.of("stored in partition %d, %s".formatted(partition, belongs(name)));
  }

  /** Another rule by which all these models live in this partition, if there is one. */
  public Optional<Partitioner> otherRule(Collection<String> names, int partition) {
    return otherRules()
        .filter(
            other ->
                names.stream().allMatch(name -> partition(other, utf8(name), count) == partition))
        .findFirst();
  }

  private Stream<Partitioner> otherRules() {
    return Arrays.stream(Partitioner.values()).filter(other -> other != rule);
  }

  private static byte[] utf8(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }
}
