package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class HeldPartitionsTest {
  private static final TopicPartition A = new TopicPartition("images", 0);
  private static final TopicPartition B = new TopicPartition("images", 1);

  private final Set<TopicPartition> waiting = new HashSet<>(Set.of(A));
  private final HeldPartitions held = new HeldPartitions(waiting::contains);

  @Test
  void onePartitionWaitsAndTheOthersDoNot() {
    assertThat(held.resumed(List.of(A, B))).containsExactly(B);
    assertThat(held.isEmpty()).isFalse();
    assertThat(held.released(Set.of(A, B))).isEmpty();

    waiting.clear();
    assertThat(held.released(Set.of(A, B))).containsExactly(A);
    assertThat(held.isEmpty()).isTrue();
    assertThat(held.released(Set.of(A, B))).as("once").isEmpty();
  }

  @Test
  void aPartitionThatIsTakenAwayIsNotReleased() {
    held.resumed(List.of(A));
    waiting.clear();
    assertThat(held.released(Set.of(B))).isEmpty();
    assertThat(held.isEmpty()).isTrue();
  }

  /** Its task is made anew, and restores again: records would find no task. */
  @Test
  void aPartitionThatIsPausedMeanwhileIsNotReleasedBeforeItIsResumedAgain() {
    held.resumed(List.of(A));
    held.paused(List.of(A));
    waiting.clear();
    assertThat(held.released(Set.of(A))).isEmpty();
    assertThat(held.resumed(List.of(A))).containsExactly(A);
  }
}
