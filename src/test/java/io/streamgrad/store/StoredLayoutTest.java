package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.StoredSample;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.recovery.ChangelogView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What earlier versions have stored is read, and learning goes on from it to the same bits. */
class StoredLayoutTest {
  @Test
  void givenARecordOfLayout1ThenItIsReadAndContinued() throws IOException {
    StoredSample sample = StoredSample.read(1);
    ChangelogView image = new ChangelogView();
    image.put(sample.keyBytes(), sample.valueBytes());

    ModelEntry model = Objects.requireNonNull(image.get("a"));

    assertThat(image.names()).containsExactly("a");
    assertThat(model.lineage()).isEqualTo(new Lineage(0, 19, 1234));
    assertThat(model.state().version()).isEqualTo(20);
    assertThat(ModelCodec.weightsSha256(model)).isEqualTo(sample.weightsSha256());
    assertThat(model.state().progress().batchesLearned).isEqualTo(20);
    assertThat(model.state().progress().imagesLearned).isEqualTo(model.state().lifetime().images());
    assertThat(model.state().lastGood().parameters())
        .usingRecursiveComparison()
        .isEqualTo(model.state().predicting());

    StoredSample.learn(model.state(), StoredSample.nextBatches());
    assertThat(ModelCodec.weightsSha256(model)).isEqualTo(sample.nextWeightsSha256());
  }

  /** Of the sample above: one of its last weights, as an update that exploded has left it. */
  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.NEGATIVE_INFINITY})
  void givenARecordOfLayout1WithAWeightThatIsNotFiniteThenTheModelHasDiverged(float weight)
      throws IOException {
    byte[] value = StoredSample.read(1).valueBytes();
    int parameters = 12 + 68 + 16 + 2 * (32 + 72); // after the piece's header, layers and scores
    ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).putFloat(parameters, weight);

    ModelState state = ModelCodec.decode(Arrays.copyOfRange(value, 12, value.length)).state();

    assertThat(state.progress().diverged).isTrue();
    assertThat(state.isFinite()).isTrue();
    assertThat(state.predicting().isFinite()).isTrue();
  }

  /** The model of the sample above, with its last three batches beside the state before them. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void givenAStateAndBatchesThenTheStateIsReadAndThatItLacksThem(int layout) throws IOException {
    StoredSample sample = StoredSample.read(1);
    Changelog changelog = new Changelog();
    EarlierBatches.read(layout).forEach(changelog.store()::put);
    WeightsStore store =
        new WeightsStore(
            changelog.store(), HeapShare.unlimited(), 300, StateWritesTest.EVERYTHING, () -> 0);

    ModelEntry model = Objects.requireNonNull(store.get("a"));

    assertThat(model.lineage()).isEqualTo(new Lineage(0, 16, 1234));
    assertThat(store.lacking()).isEqualTo(17);
    StoredSample.learn(model.state(), StoredSample.storedBatches().subList(17, 20));
    assertThat(ModelCodec.weightsSha256(model)).isEqualTo(sample.weightsSha256());

    store.put("a", new ModelEntry(model.state(), new Lineage(0, 19, 1234)));
    store.write(Occasion.COMMIT);
    ChangelogView written = changelog.image(changelog.length());
    assertThat(written.records().keySet())
        .as("batches are deleted")
        .noneMatch(key -> ChangelogLayout.slot(key) == ChangelogLayout.BATCHES);
    assertThat(Objects.requireNonNull(written.get("a")).lineage().offset()).isEqualTo(19);
  }

  /** Where it was read from an earlier layout, a history begins with 0 after its last batch. */
  @Test
  void givenARecordWithoutAHistoryThenOneBegins() throws IOException {
    byte[] value = StoredSample.read(1).valueBytes();
    ModelState state = ModelCodec.decode(Arrays.copyOfRange(value, 12, value.length)).state();

    assertThat(state.progress().history).isZero();
    assertThat(state.progress().historySince).isEqualTo(19);
  }

  @Test
  void givenTheSampleOfThisVersionThenItStillWritesTheSame() throws IOException {
    StoredSample sample = StoredSample.read(4);

    byte[] value = sample.valueBytes();
    ModelEntry model = ModelCodec.decode(Arrays.copyOfRange(value, 12, value.length));

    assertThat(StoredSample.stored(model)).isEqualTo(value);
    assertThat(StoredSample.stored(StoredSample.write())).isEqualTo(value);
    assertThat(ModelCodec.weightsSha256(model)).isEqualTo(sample.weightsSha256());
  }
}
