package io.streamgrad.streams;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.ModelSnapshot;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotsTest {
  private static final String TOPIC = "streamgrad.snapshots";

  @TempDir private Path directory;

  @Test
  void givenEveryThreeUpdatesThenTheStateIsPublishedThenInTwoSlotsInTurn() throws Exception {
    try (TopologyRun run = new TopologyRun(directory, Map.of("snapshots.every-updates", "3"))) {
      List<ImageBatch> batches = TestBatches.labeled(8, 1);
      batches.subList(0, 6).forEach(batch -> run.send("a", batch));
      run.send("a", batches.get(6).toBuilder().clearLabels().build()); // no second time

      List<TestRecord<byte[], byte[]>> records = run.raw(TOPIC);

      assertThat(records)
          .extracting(record -> new String(record.key(), StandardCharsets.UTF_8))
          .containsExactly("a/1/0", "a/0/0");
      ModelSnapshot last = ModelSnapshot.parseFrom(records.get(1).value());
      assertThat(last.getModel()).isEqualTo("a");
      assertThat(last.getModelVersion()).isEqualTo(6);
      assertThat(last.getInput().getTopic()).isEqualTo("streamgrad.images");
      assertThat(last.getInput().getOffset()).isEqualTo(5);
      assertThat(last.getWeightsSha256())
          .isEqualTo(TestBatches.learnedSha256(run.config(), "a", batches.subList(0, 6)));
      assertThat(last.getState()).isEqualTo(ByteString.copyFrom(ModelCodec.encode(run.model("a"))));
    }
  }

  @Test
  void givenTheDefaultThenThereAreNone() {
    try (TopologyRun run = new TopologyRun(directory, Map.of())) {
      TestBatches.labeled(8, 1).forEach(batch -> run.send("a", batch));
      assertThat(run.raw(TOPIC)).isEmpty();
    }
  }

  @Test
  void givenAModelOfSeveralRecordsThenItIsPublishedInPieces() throws Exception {
    Map<String, String> settings =
        Map.of("snapshots.every-updates", "1", "model.layers", "[4, 60000, 3]");
    try (TopologyRun run = new TopologyRun(directory, settings)) {
      run.send("a", TestBatches.labeled(1, 1).get(0));

      ByteString state = ByteString.EMPTY;
      List<TestRecord<byte[], byte[]>> records = run.raw(TOPIC);
      for (TestRecord<byte[], byte[]> record : records) {
        ModelSnapshot piece = ModelSnapshot.parseFrom(record.value());
        assertThat(piece.getPieces()).isEqualTo(records.size());
        assertThat(record.value()).hasSizeLessThan(1 << 20);
        state = state.concat(piece.getState());
      }
      assertThat(records).hasSize(8);
      assertThat(state).isEqualTo(ByteString.copyFrom(ModelCodec.encode(run.model("a"))));
    }
  }
}
