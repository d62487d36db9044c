package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What earlier versions have stored is read, and learning goes on from it to the same bits. */
class StoredLayoutTest {
  @Test
  void givenARecordOfLayout1ThenItIsReadAndContinued() throws IOException {
    StoredSample sample = StoredSample.read(1);
    ChangelogImage image = new ChangelogImage();
    image.put(sample.keyBytes(), sample.valueBytes());

    StoredModel model = Objects.requireNonNull(image.get("a", StoredSample::learner));

    assertThat(image.names()).containsExactly("a");
    assertThat(model.lineage()).isEqualTo(new Lineage(0, 19, 1234));
    assertThat(model.state().version()).isEqualTo(20);
    assertThat(ModelCodec.weightsSha256(model)).isEqualTo(sample.weightsSha256());
    byte[] value = sample.valueBytes();
    byte[] state = Arrays.copyOfRange(value, 12, value.length); // after the piece's header
    assertThat(HexFormat.of().formatHex(ModelCodec.encode(model)))
        .isEqualTo(HexFormat.of().formatHex(state));

    StoredSample.learn(model.state(), StoredSample.nextBatches());
    assertThat(ModelCodec.weightsSha256(model)).isEqualTo(sample.nextWeightsSha256());
  }

  /** The model of the sample above, with its last three batches in a journal. */
  @Test
  void givenAStateOfLayout2AndAJournalThenTheyAreReadAndContinued() throws IOException {
    StoredSample sample = StoredSample.read(1);

    StoredModel model =
        Objects.requireNonNull(JournalSample.read().get("a", StoredSample::learner));

    assertThat(model.lineage()).isEqualTo(new Lineage(0, 19, 1234));
    assertThat(model.state().version()).isEqualTo(20);
    assertThat(model.state().window().snapshot().batches()).isEqualTo(1); // new after batch 18
    assertThat(ModelCodec.weightsSha256(model)).isEqualTo(sample.weightsSha256());
    StoredSample.learn(model.state(), StoredSample.nextBatches());
    assertThat(ModelCodec.weightsSha256(model)).isEqualTo(sample.nextWeightsSha256());
  }

  @Test
  void givenTheSampleOfLayout2ThenThisVersionStillWritesTheSame() throws IOException {
    Changelog written = JournalSample.write();

    assertThat(JournalSample.read())
        .usingRecursiveComparison()
        .isEqualTo(written.image(written.length()));
  }
}
