package io.streamgrad.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What waits for labels, in great numbers. */
class PendingBatchesTest {
  private static final int BATCHES = 100_000;

  /** It is asked after each record; batches that came with labels are remembered, too. */
  @Test
  void theOldestThatWaitsIsFoundAmongManyThatDoNot() {
    PendingBatches pending = new PendingBatches();
    for (int i = 0; i < BATCHES; i++) {
      pending.add(new PendingBatch(i, 1000 + i, "", new short[] {1}, null));
    }
    assertTimeout(
        Duration.ofSeconds(5),
        () -> {
          for (int i = 0; i < BATCHES; i++) {
            assertThat(pending.oldest()).isZero();
          }
        });
  }
}
