package io.streamgrad.format.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabelsTakenTest {
  @Test
  void isReadAsItWasWritten() {
    List<LabelsTaken> all =
        List.of(
            new LabelsTaken(1, 2, false, true),
            new LabelsTaken(3, 4, true, true),
            new LabelsTaken(5, 6, false, false),
            new LabelsTaken(7, 8, true, false));

    assertThat(LabelsTaken.decode(LabelsTaken.encode(all))).isEqualTo(all);
  }

  /** By then followers held what they did not know. */
  @Test
  void whatAnEarlierVersionHasWrittenSaysWhetherImagesWereDeleted() {
    byte[] earlier =
        ByteBuffer.allocate(34)
            .putLong(1)
            .putLong(2)
            .put((byte) 0)
            .putLong(3)
            .putLong(4)
            .put((byte) 1)
            .array();

    assertThat(LabelsTaken.decode(PartitionRecords.record(earlier)))
        .containsExactly(new LabelsTaken(1, 2, false, true), new LabelsTaken(3, 4, true, true));
  }
}
