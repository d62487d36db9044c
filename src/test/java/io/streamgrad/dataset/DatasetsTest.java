package io.streamgrad.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetsTest {
  private static final String IMAGES = "train-images-idx3-ubyte";
  private static final String LABELS = "train-labels-idx1-ubyte";
  private static final byte[] PIXELS = {0, 1, 2, 3, 4, 5, 127, -128, -1, 9, 10, 11};
  private static final byte[] CLASSES = {7, -1};

  @TempDir Path dir;

  @BeforeEach
  void twoImagesOfTwoByThree() throws IOException {
    write(IMAGES + ".gz", gzip(idx(0x803, PIXELS, 2, 2, 3)));
    write(LABELS + ".gz", gzip(idx(0x801, CLASSES, 2)));
  }

  @Test
  void givenMnistWhenReadThenItIsTheOriginal() {
    ImageDataset train = Datasets.mnist(Split.TRAIN);
    ImageDataset test = Datasets.mnist(Split.TEST);

    assertThat(train.count()).isEqualTo(60_000);
    assertThat(test.count()).isEqualTo(10_000);
    assertThat(train.height()).isEqualTo(28);
    assertThat(train.width()).isEqualTo(28);
    assertThat(Arrays.copyOf(train.labels(), 5)).containsExactly(5, 0, 4, 1, 9);
    assertThat(Arrays.copyOf(test.labels(), 5)).containsExactly(7, 2, 1, 0, 4);
    assertThat(classCounts(train))
        .containsExactly(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949);
    assertThat(classCounts(test))
        .containsExactly(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009);
    // The mean grey value that everybody normalises MNIST with.
    assertThat(mean(train)).isBetween(0.13065, 0.13067);
  }

  @Test
  void givenCompressedFilesWhenReadThenShapePixelsAndLabelsAreTheirs() {
    ImageDataset dataset = Datasets.in(dir, Split.TRAIN);

    assertThat(dataset.count()).isEqualTo(2);
    assertThat(dataset.height()).isEqualTo(2);
    assertThat(dataset.width()).isEqualTo(3);
    assertThat(dataset.pixels()).isEqualTo(PIXELS);
    assertThat(dataset.labels()).isEqualTo(CLASSES);
    assertThat(dataset.label(1)).isEqualTo(255);
  }

  @Test
  void givenPlainFilesWhenReadThenTheyAreTheSameDataSet() throws IOException {
    Files.delete(dir.resolve(IMAGES + ".gz"));
    Files.delete(dir.resolve(LABELS + ".gz"));
    write(IMAGES, idx(0x803, PIXELS, 2, 2, 3));
    write(LABELS, idx(0x801, CLASSES, 2));

    assertThat(Datasets.in(dir, Split.TRAIN).pixels()).isEqualTo(PIXELS);
  }

  @Test
  void givenADataSetWhenACopyOfItsArraysChangesThenItDoesNot() {
    ImageDataset dataset = Datasets.in(dir, Split.TRAIN);

    Arrays.fill(dataset.pixels(), (byte) 42);
    Arrays.fill(dataset.labels(), (byte) 42);

    assertThat(dataset.pixels()).isEqualTo(PIXELS);
    assertThat(dataset.labels()).isEqualTo(CLASSES);
  }

  @Test
  void givenADirectoryWithoutTheSplitWhenReadThenTheMessageNamesBothPossibleFiles() {
    assertRefused(Split.TEST, "neither t10k-images-idx3-ubyte nor t10k-images-idx3-ubyte.gz");
  }

  @Test
  void givenTooFewValuesWhenReadThenTheMessageCountsThem() throws IOException {
    write(IMAGES + ".gz", gzip(idx(0x803, Arrays.copyOf(PIXELS, 11), 2, 2, 3)));

    assertRefused(IMAGES + ".gz is truncated: 11 of 12 values");
  }

  @Test
  void givenTooManyValuesWhenReadThenItIsRefused() throws IOException {
    write(IMAGES + ".gz", gzip(idx(0x803, Arrays.copyOf(PIXELS, 13), 2, 2, 3)));

    assertRefused(IMAGES + ".gz goes on after its 12 values");
  }

  @Test
  void givenATruncatedGzipFileWhenReadThenItIsRefused() throws IOException {
    byte[] whole = gzip(idx(0x803, PIXELS, 2, 2, 3));
    write(IMAGES + ".gz", Arrays.copyOf(whole, whole.length - 6));

    assertRefused(IMAGES + ".gz is truncated");
  }

  @Test
  void givenADamagedGzipFileWhenReadThenItsChecksumTells() throws IOException {
    byte[] whole = gzip(idx(0x803, PIXELS, 2, 2, 3));
    whole[whole.length - 8] ^= 1; // the first byte of the CRC
    write(IMAGES + ".gz", whole);

    assertRefused(IMAGES + ".gz can't be read");
  }

  @Test
  void givenAnEmptyFileWhenReadThenItIsRefused() throws IOException {
    write(LABELS + ".gz", new byte[0]);

    assertRefused(LABELS + ".gz is truncated");
  }

  @Test
  void givenNeitherGzipNorIdxWhenReadThenTheMessageShowsHowItStarts() throws IOException {
    write(LABELS + ".gz", "<html>not found</html>".getBytes(StandardCharsets.UTF_8));

    assertRefused(LABELS + ".gz is not an IDX file", "starts with 0x3c68746d");
  }

  @Test
  void givenImagesInPlaceOfLabelsWhenReadThenTheMagicNumberTells() throws IOException {
    write(LABELS + ".gz", gzip(idx(0x803, PIXELS, 2, 2, 3)));

    assertRefused(LABELS + ".gz is not an IDX file", "0x00000803 instead of 0x00000801");
  }

  @Test
  void givenFloatsWhenReadThenTheMagicNumberTells() throws IOException {
    write(IMAGES + ".gz", gzip(idx(0xD03, PIXELS, 2, 2, 3)));

    assertRefused("0x00000d03 instead of 0x00000803");
  }

  @Test
  void givenMoreLabelsThanImagesWhenReadThenTheMessageHasBothCounts() throws IOException {
    write(LABELS + ".gz", gzip(idx(0x801, new byte[3], 3)));

    assertRefused(IMAGES + " holds 2 images, but " + LABELS + " 3 labels");
  }

  @Test
  void givenImpossibleDimensionsWhenReadThenTheyAreRefusedBeforeAnythingIsAllocated()
      throws IOException {
    write(IMAGES + ".gz", gzip(idx(0x803, PIXELS, -1, 2, 3)));
    assertRefused("negative dimension: -1");

    write(
        IMAGES + ".gz",
        gzip(idx(0x803, PIXELS, Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE)));
    assertRefused("dimensions larger than an array");

    write(IMAGES + ".gz", gzip(idx(0x803, new byte[0], 2, 0, 3)));
    assertRefused("images of 0 x 3 pixels");
  }

  private void assertRefused(String... messageParts) {
    assertRefused(Split.TRAIN, messageParts);
  }

  private void assertRefused(Split split, String... messageParts) {
    assertThatThrownBy(() -> Datasets.in(dir, split))
        .isInstanceOf(DatasetException.class)
        .hasMessageContainingAll(messageParts);
  }

  private void write(String file, byte[] content) throws IOException {
    Files.write(dir.resolve(file), content);
  }

  private static byte[] idx(int magic, byte[] values, int... shape) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(magic);
      for (int each : shape) {
        out.writeInt(each);
      }
      out.write(values);
    }
    return bytes.toByteArray();
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(plain);
    }
    return bytes.toByteArray();
  }

  private static int[] classCounts(ImageDataset dataset) {
    int[] counts = new int[10];
    for (byte label : dataset.labels()) {
      counts[label]++;
    }
    return counts;
  }

  private static double mean(ImageDataset dataset) {
    long sum = 0;
    byte[] pixels = dataset.pixels();
    for (byte pixel : pixels) {
      sum += Byte.toUnsignedInt(pixel);
    }
    return sum / 255.0 / pixels.length;
  }
}
