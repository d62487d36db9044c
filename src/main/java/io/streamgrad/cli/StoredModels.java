package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.recovery.StateScan;
import io.streamgrad.wire.ModelPartitions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** The models that a service has stored, as its changelog has them. Used by one thread. */
final class StoredModels implements AutoCloseable {
  private static final int NAMES = 20; // in a message

  private final ServiceConfig config;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final List<TopicPartition> partitions;

  /**
   * Finds the changelog.
   *
   * @throws KafkaException if no broker answers, or there is no changelog
   */
  StoredModels(ServiceConfig config) throws InterruptedException {
    Brokers.requireOne(config);
    this.config = config;
    consumer = TopicTail.consumer(config.kafka().outsideTheGroup());
    try {
      String changelog = ChangelogReader.topic(config.applicationId());
      partitions = ChangelogReader.partitions(consumer, changelog);
      if (partitions.isEmpty()) {
        throw new KafkaException(
            "application %s has no changelog here (there is no topic %s): it has stored no model yet, or application-id or kafka.bootstrap.servers are not the service's"
                .formatted(config.applicationId(), changelog));
      }
    } catch (RuntimeException e) {
      consumer.close();
      throw e;
    }
  }

  /**
   * What is made of each model, by partition and name; their states are in memory one at a time.
   */
  <T> List<T> all(BiFunction<String, ModelEntry, T> view) {
    List<T> all = new ArrayList<>();
    for (TopicPartition partition : partitions) {
      StateScan<T> scan = new StateScan<>(name -> true, view);
      ChangelogReader.forEach(
          consumer, partition, record -> scan.put(record.key(), record.value()));
      all.addAll(scan.states().values());
    }
    return all;
  }

  /**
   * A model, from the partition where it lives or another one.
   *
   * @throws IllegalStateException if it is not there, with the names that are; or if it is not the
   *     model that is configured
   */
  StoredModel find(String name) {
    Set<String> others = new TreeSet<>();
    for (TopicPartition partition : homeFirst(name)) {
      StateScan<ModelEntry> scan = ChangelogReader.states(consumer, partition, name::equals);
      ModelEntry model = scan.states().get(name);
      if (model != null) {
        requireConfigured(name, model);
        return new StoredModel(
            name, config, model, scan.position(), scan.tags(), scan.comparison());
      }
      others.addAll(scan.names());
    }
    throw new IllegalStateException(
        others.contains(name)
            ? "model \"%s\" is being stored for the first time: try again".formatted(name)
            : "application %s has stored no model \"%s\"; it has %s"
                .formatted(config.applicationId(), name, names(others)));
  }

  /** The partition that a model's name belongs to. */
  int home(String name) {
    return new ModelPartitions(config, partitions.size()).of(name);
  }

  /**
   * All that is stored of a model where it lives and of the one that it follows, with their
   * snapshots, and the place of all there.
   *
   * @param names takes those of all models there, and of those that were deleted: their names stay
   */
  ChangelogView all(String name, Set<String> names) {
    ChangelogView view = new ChangelogView();
    String leader = config.model(name).follows();
    ChangelogReader.forEach(
        consumer,
        partitions.get(home(name)),
        record -> {
          String model = ChangelogView.model(record.key());
          if (model != null) {
            names.add(model);
          }
          if (model == null || model.equals(name) || model.equals(leader)) {
            view.put(record.key(), record.value());
          }
        });
    return view;
  }

  /** The same of the model alone. */
  ChangelogView all(String name) {
    return all(name, new HashSet<>());
  }

  private List<TopicPartition> homeFirst(String name) {
    int home = home(name);
    List<TopicPartition> ordered = new ArrayList<>(partitions);
    ordered.add(0, ordered.remove(home));
    return ordered;
  }

  private void requireConfigured(String name, ModelEntry model) {
    String mismatch = model.state().mismatch(config.model(name));
    if (mismatch != null) {
      throw new IllegalStateException(
          "model \"%s\" is stored with %s: --config must be the service's own"
              .formatted(name, mismatch));
    }
  }

  private static String names(Set<String> names) {
    if (names.isEmpty()) {
      return "none";
    }
    List<String> some = names.stream().limit(NAMES).map(name -> "\"" + name + "\"").toList();
    return String.join(", ", some)
        + (names.size() > NAMES ? " and %d more".formatted(names.size() - NAMES) : "");
  }

  @Override
  public void close() {
    consumer.close();
  }
}
