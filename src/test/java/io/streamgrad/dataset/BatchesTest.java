package io.streamgrad.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.model.SplitMix64;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchesTest {
  private static final ImageDataset TEN = numbered(10);

  @Test
  void givenFileOrderWhenCutThenBatchesFollowItAndTheLastIsSmaller() {
    assertThat(labels(Batches.of(TEN, 4)))
        .containsExactly(List.of(0, 1, 2, 3), List.of(4, 5, 6, 7), List.of(8, 9));
  }

  @Test
  void givenABatchWhenLookedAtThenItsPixelsAreThoseOfItsLabels() {
    for (Batch batch : Batches.of(TEN, 3).shuffled(1)) {
      assertThat(batch.pixels()).hasSize(batch.count() * batch.height() * batch.width());
      for (int i = 0; i < batch.count(); i++) {
        assertThat(batch.pixels()[2 * i]).isEqualTo(batch.labels()[i]);
        assertThat(batch.pixels()[2 * i + 1]).isEqualTo((byte) -batch.labels()[i]);
      }
    }
  }

  @Test
  void givenABatchWhenItsArraysChangeThenTheDataSetDoesNot() {
    Batches.of(TEN, 10).iterator().next().pixels()[2] = 99;

    assertThat(TEN.pixels()[2]).isEqualTo((byte) 1);
  }

  @Test
  void givenASeedWhenShuffledThenEveryPassIsAnotherPermutationOfAll() {
    List<List<Integer>> passes = labels(Batches.of(TEN, 10).shuffled(42).repeat(3));

    assertThat(passes).hasSize(3).doesNotHaveDuplicates();
    assertThat(passes)
        .allSatisfy(
            pass ->
                assertThat(pass)
                    .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 10).boxed().toList())
                    .isNotEqualTo(IntStream.range(0, 10).boxed().toList()));
  }

  @Test
  void givenTheSameSeedWhenIteratedAgainThenTheOrderIsTheSame() {
    Batches batches = Batches.of(TEN, 3).shuffled(42).repeat(2);

    assertThat(labels(batches)).isEqualTo(labels(batches));
    assertThat(labels(batches)).isNotEqualTo(labels(batches.shuffled(43)));
  }

  @Test
  void givenASeedWhenShuffledThenTheOrderIsTheOneOfThisFormatForever() {
    // From an independent implementation; a change here changes every shuffled run ever made.
    assertThat(labels(Batches.of(TEN, 10).shuffled(42).repeat(2)))
        .containsExactly(
            List.of(1, 7, 2, 5, 6, 4, 0, 9, 8, 3), List.of(0, 8, 6, 5, 1, 3, 7, 4, 2, 9));
  }

  @Test
  void givenPassesWhenRepeatedThenNoBatchSpansTwoOfThem() {
    assertThat(labels(Batches.of(numbered(3), 2).repeat(2)))
        .containsExactly(List.of(0, 1), List.of(2), List.of(0, 1), List.of(2));
  }

  @Test
  void givenALimitWhenCutThenItCountsImagesOverAllPasses() {
    assertThat(labels(Batches.of(numbered(3), 2).repeat(5).limit(4)))
        .containsExactly(List.of(0, 1), List.of(2), List.of(0));
    assertThat(labels(Batches.of(TEN, 4).limit(0))).isEmpty();
    assertThat(labels(Batches.of(TEN, 40).limit(100))).hasSize(1);
  }

  @Test
  void givenAnEmptyDataSetWhenCutThenThereIsNoBatch() {
    Batches none = Batches.of(numbered(0), 4).repeat(2);

    assertThat(labels(none)).isEmpty();
    assertThat(none.count()).isZero();
    assertThat(none.images()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"10,4,1,1000", "10,5,2,1000", "10,3,3,25", "10,20,2,15", "7,7,2,0", "7,2,3,14"})
  void givenAnySettingsWhenIteratedThenCountAndImagesSaidSo(
      int size, int batchSize, int passes, long limit) {
    Batches batches = Batches.of(numbered(size), batchSize).repeat(passes).limit(limit);

    List<List<Integer>> all = labels(batches);

    assertThat(batches.count()).isEqualTo(all.size());
    assertThat(batches.images()).isEqualTo(all.stream().mapToLong(List::size).sum());
  }

  @Test
  void givenTheEndWhenAskedForMoreThenThereIsNoSuchElement() {
    Iterator<Batch> iterator = Batches.of(numbered(1), 1).iterator();
    iterator.next();

    assertThatThrownBy(iterator::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void givenSettingsOutOfRangeWhenBuiltThenTheMessageSaysWhatIsAllowed() {
    assertThatThrownBy(() -> Batches.of(TEN, 0)).hasMessage("Batch size 0 must be above 0");
    assertThatThrownBy(() -> Batches.of(TEN, 1).repeat(0)).hasMessage("Passes 0 must be above 0");
    assertThatThrownBy(() -> Batches.of(TEN, 1).limit(-1))
        .hasMessage("Limit -1 must be 0 or above");
  }

  @Test
  void givenASeedWhenGeneratingThenTheValuesAreThePublishedOnes() {
    // The test vector of Rosetta Code's "Pseudo-random numbers/Splitmix64".
    SplitMix64 random = new SplitMix64(1234567);

    assertThat(random.nextLong()).isEqualTo(6457827717110365317L);
    assertThat(random.nextLong()).isEqualTo(3203168211198807973L);
    assertThat(random.nextLong()).isEqualTo(Long.parseUnsignedLong("9817491932198370423"));
    assertThat(new SplitMix64(5).nextLong()).isEqualTo(new SplittableRandom(5).nextLong());
  }

  @Test
  void givenManyShufflesWhenCountedThenEveryPermutationOfFourIsAboutAsFrequent() {
    int[] counts = new int[4 * 4 * 4 * 4];
    SplitMix64 random = new SplitMix64(7);
    for (int i = 0; i < 24_000; i++) {
      int[] values = {0, 1, 2, 3};
      Shuffle.shuffle(values, random);
      counts[values[0] << 6 | values[1] << 4 | values[2] << 2 | values[3]]++;
    }

    // 1,000 expected, standard deviation 31.
    assertThat(IntStream.of(counts).filter(count -> count > 0).boxed().toList())
        .hasSize(24)
        .allMatch(count -> count > 850 && count < 1150);
  }

  /** Image i has label i and pixels i, -i. */
  private static ImageDataset numbered(int count) {
    byte[] pixels = new byte[2 * count];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      pixels[2 * i] = (byte) i;
      pixels[2 * i + 1] = (byte) -i;
      labels[i] = (byte) i;
    }
    return new ImageDataset(1, 2, 1, pixels, labels);
  }

  private static List<List<Integer>> labels(Batches batches) {
    List<List<Integer>> all = new ArrayList<>();
    for (Batch batch : batches) {
      List<Integer> labels = new ArrayList<>();
      for (byte label : batch.labels()) {
        labels.add((int) label);
      }
      all.add(labels);
    }
    return all;
  }
}
