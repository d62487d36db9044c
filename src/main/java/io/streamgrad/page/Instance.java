package io.streamgrad.page;

import java.util.Set;

/**
 * How this instance of the service is, at one moment.
 *
 * @param alive whether it works, or will by itself
 * @param ready whether it runs, with all its weights restored, and its Kafka answers
 * @param status one line for a person: "ok", or what it waits for, or why it stops
 * @param partitions of the input that it has
 */
public record Instance(boolean alive, boolean ready, String status, Set<Integer> partitions) {
  public Instance {
    partitions = Set.copyOf(partitions);
  }
}
