package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.ModelSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** The oracle over a log whose start is deleted. */
class SnapshotsIT extends OracleTests {
  @Test
  void givenTheStartOfTheLogDeletedThenTheOracleBeginsWithASnapshot() throws Exception {
    ServiceConfig config =
        broker.config(
            "cut",
            Map.of(
                "snapshots.every-updates", "10",
                "model.optimizer.type", "adam",
                "model.input-scaling", "standardize"));
    List<ImageBatch> batches = new ArrayList<>(TestBatches.labeled(100, 1));
    batches.set(60, batches.get(60).toBuilder().clearLabels().build());
    broker.serve(config, batches, 100);
    VerificationReport whole = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(whole.disagreements()).isEmpty();
    assertThat(broker.read("cut.snapshots")).hasSize(9); // the 100th is not learned from

    broker.deleteStart("cut.images", 55);
    VerificationReport cut = Verifier.verify(config, Verifier.Scope.ALL);

    assertThat(cut.disagreements()).isEmpty();
    assertThat(cut.models().get(0).since()).isEqualTo(59);
    assertThat(cut.models().get(0).weightsCompared()).isTrue();
    assertThat(cut.models().get(0).weightsSha256())
        .isEqualTo(whole.models().get(0).weightsSha256());
    assertThat(cut.updates()).isEqualTo(99);
    assertThat(cut.predictions()).isEqualTo(40);
    assertThat(cut.notChecked()).isEqualTo(60);

    broker.deleteStart("cut.predictions", broker.read("cut.predictions").get(70).offset());
    assertThat(OracleBroker.verify(config)).isEmpty();

    ConsumerRecord<byte[], byte[]> last = broker.read("cut.snapshots").get(8);
    ModelSnapshot snapshot = ModelSnapshot.parseFrom(last.value());
    byte[] state = snapshot.getState().toByteArray();
    state[state.length - 1] ^= 1;
    broker.put(
        "cut.snapshots",
        last.key(),
        snapshot.toBuilder().setState(ByteString.copyFrom(state)).build().toByteArray());
    broker.put(
        "cut.snapshots", last.key(), snapshot.toBuilder().setModelVersion(3).build().toByteArray());
    assertThat(OracleBroker.verify(config))
        .containsExactly("wrong snapshot 90", "wrong snapshot 90");

    broker.deleteStart("cut.images", 97); // after the last snapshot
    assertThatThrownBy(() -> Verifier.verify(config, Verifier.Scope.ALL))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("no snapshot of model \"a\"");
  }

  @Test
  void givenAModelOfSeveralRecordsThenItsSnapshotIsPutTogether() {
    ServiceConfig config =
        broker.config(
            "large", Map.of("snapshots.every-updates", "3", "model.layers", "[4, 60000, 3]"));
    broker.serve(config, TestBatches.labeled(12, 2), 12);
    assertThat(broker.read("large.snapshots")).hasSize(4 * 8);
    assertThat(OracleBroker.verify(config)).isEmpty();

    broker.deleteStart("large.images", 4);
    VerificationReport report = Verifier.verify(config, Verifier.Scope.of("a"));

    assertThat(report.disagreements()).isEmpty();
    assertThat(report.models().get(0).since()).isEqualTo(5);
  }

  @Test
  void givenNoSnapshotsAndAModelThatBeganLaterThenItIsVerified() {
    ServiceConfig config = broker.config("later", Map.of());
    broker.serve(config, TestBatches.labeled(0, 3), -1);
    broker.send("later.images", List.of(new byte[] {1}, new byte[] {2}));
    broker.deleteStart("later.images", 2);
    broker.serve(config, TestBatches.labeled(10, 3), 12);

    assertThat(OracleBroker.verify(config)).isEmpty();
  }
}
