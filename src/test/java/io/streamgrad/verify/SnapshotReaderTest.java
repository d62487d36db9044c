package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.ModelSnapshot;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SnapshotReaderTest {
  private final SnapshotReader reader =
      new SnapshotReader(
          new Subject(new TopicPartition("images", 0), 2, name -> !name.equals("other")));

  @Test
  void givenAllPiecesInOrderThenTheyAreOneSnapshot() throws Exception {
    assertThat(read(piece("a", 10, 0, 3))).isNull();
    assertThat(read(piece("b", 10, 0, 2))).isNull(); // models may take turns
    assertThat(read(piece("a", 10, 1, 3))).isNull();
    Output<ModelSnapshot> whole = read(piece("a", 10, 2, 3));

    assertThat(whole).isNotNull();
    assertThat(whole.inputOffset()).isEqualTo(9);
    assertThat(whole.content().getState().toStringUtf8()).isEqualTo("10/0 10/1 10/2 ");
    assertThat(read(piece("b", 10, 1, 2))).isNotNull();
  }

  @Test
  void givenWhatCompactionLeftOfASnapshotThenItIsNone() throws Exception {
    assertThat(read(piece("a", 10, 1, 3))).isNull();
    assertThat(read(piece("a", 10, 2, 3))).isNull();
    assertThat(read(piece("a", 20, 0, 3))).isNull();
    assertThat(read(piece("a", 20, 2, 3))).isNull();
    assertThat(read(piece("a", 30, 0, 2))).isNull();
    assertThat(read(piece("a", 40, 1, 2))).isNull();
    assertThat(read(piece("a", 50, 0, 1))).isNotNull();
  }

  @Test
  void givenAPieceAgainThenTheSnapshotBeginsAgain() throws Exception {
    assertThat(read(piece("a", 10, 0, 2))).isNull();
    assertThat(read(piece("a", 10, 0, 2))).isNull();
    Output<ModelSnapshot> whole = read(piece("a", 10, 1, 2));

    assertThat(whole).isNotNull();
    assertThat(whole.content().getState().toStringUtf8()).isEqualTo("10/0 10/1 ");
  }

  @Test
  void givenASnapshotOfSomethingElseThenItIsLeftOut() throws Exception {
    assertThat(read(piece("other", 10, 0, 1))).isNull();
    ModelSnapshot.Builder elsewhere = piece("a", 10, 0, 1).toBuilder();
    elsewhere.getInputBuilder().setPartition(1);
    assertThat(read(elsewhere.build())).isNull();
  }

  @Test
  void givenWhatIsNoSnapshotThenItIsForeign() {
    assertThatThrownBy(() -> reader.read(record(new byte[] {-1})))
        .isInstanceOf(ForeignRecordException.class)
        .hasMessageStartingWith("is no snapshot: ");
    assertThatThrownBy(() -> reader.read(record(null)))
        .isInstanceOf(ForeignRecordException.class)
        .hasMessage("is no snapshot: it has no value");
    assertThatThrownBy(() -> reader.read(record(new byte[0])))
        .isInstanceOf(ForeignRecordException.class)
        .hasMessage("does not say which input it is about");
  }

  @Test
  void givenAPlaceThatTheInputDoesNotHaveThenItIsForeign() {
    ModelSnapshot.Builder elsewhere = piece("a", 10, 0, 1).toBuilder();
    elsewhere.getInputBuilder().setPartition(2);
    assertThatThrownBy(() -> read(elsewhere.build()))
        .isInstanceOf(ForeignRecordException.class)
        .hasMessage("is about images-2@9, and there is no such place");
  }

  private @Nullable Output<ModelSnapshot> read(ModelSnapshot piece) throws ForeignRecordException {
    return reader.read(record(piece.toByteArray()));
  }

  private static ConsumerRecord<byte[], byte[]> record(byte @Nullable [] value) {
    return new ConsumerRecord<>("snapshots", 0, 0, new byte[0], value);
  }

  private static ModelSnapshot piece(String model, long version, int piece, int pieces) {
    String state = version + "/" + piece + " ";
    return ModelSnapshot.newBuilder()
        .setModel(model)
        .setModelVersion(version)
        .setInput(InputPosition.newBuilder().setTopic("images").setOffset(version - 1))
        .setPiece(piece)
        .setPieces(pieces)
        .setState(ByteString.copyFrom(state.getBytes(StandardCharsets.UTF_8)))
        .build();
  }
}
