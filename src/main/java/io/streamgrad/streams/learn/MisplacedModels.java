package io.streamgrad.streams.learn;

import io.streamgrad.config.Partitioner;
import io.streamgrad.wire.ModelPartitions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stored models of a partition in which they do not live: they were trained there before the
 * service had its rule, or under another one. They stay as they are, get no more records and have
 * no meters, so that there are not two models of one name.
 *
 * @param partition of the images topic
 * @param stored the names of all models that are stored for it
 */
record MisplacedModels(ModelPartitions partitions, int partition, Set<String> stored) {
  private static final Logger LOG = LoggerFactory.getLogger(MisplacedModels.class);

  /** So many are named in the log, and the others counted. */
  private static final int NAMED = 20;

  /** The names of the others: the models that live here. */
  Set<String> others() {
    Set<String> others = new TreeSet<>(stored);
    others.removeIf(name -> partitions.misplaced(name, partition).isPresent());
    return others;
  }

  /** Says what was found, if anything was, and what to do. */
  void log() {
    warnings().forEach(LOG::warn);
  }

  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    for (String name : new TreeSet<>(stored)) {
      partitions
          .misplaced(name, partition)
          .ifPresent(
              where ->
                  warnings.add(
                      "model \"%s\" is %s: it is left alone, and its records here become dead letters"
                          .formatted(name, where)));
    }
    int more = warnings.size() - NAMED;
    if (more > 0) {
      warnings.subList(NAMED, warnings.size()).clear();
      warnings.add(
          "%d more models are stored in partition %d like these".formatted(more, partition));
    }
    if (!warnings.isEmpty()) {
      warnings.add(advice());
    }
    return warnings;
  }

  private String advice() {
    return partitions
        .otherRule(stored, partition)
        .map(Partitioner::text)
        .map(
            rule ->
                "every model stored in partition %d belongs there by %s: if the producers choose partitions so, models.partitioner: %s is right"
                    .formatted(partition, rule, rule))
        .orElse("docs/OPERATIONS.md says under \"One name, one model\" what can be done about it");
  }
}
