package io.streamgrad.dataset;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.wire.pixels.PngFiles;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetsTest {
  private static final String IMAGES = "train-images-idx3-ubyte";
  private static final String LABELS = "train-labels-idx1-ubyte";
  private static final byte[] PIXELS = {0, 1, 2, 3, 4, 5, 127, -128, -1, 9, 10, 11};
  private static final byte[] CLASSES = {7, -1};

  private static final Path SAMPLES = Path.of("src", "test", "resources", "dataset");

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
  void givenADirectoryWithoutTheSplitWhenReadThenTheMessageSaysWhatMayBeAndWhatIsThere()
      throws IOException {
    assertRefused(
        Split.TEST, "t10k-images-idx3-ubyte", "PNG", "it has " + IMAGES + ".gz, " + LABELS + ".gz");
    Files.delete(dir.resolve(IMAGES + ".gz"));
    assertRefused("has no images for", LABELS + ".gz");
    Files.delete(dir.resolve(LABELS + ".gz"));
    assertRefused("it has no files");
    assertThatThrownBy(() -> Datasets.in(dir.resolve("a/b"), Split.TRAIN))
        .hasMessageContaining("does not exist");
  }

  @ParameterizedTest
  @CsvSource({
    "train-images.idx3-ubyte, train-labels.idx1-ubyte",
    "train-images, train-labels",
    "train_images.idx, train_labels.idx",
    "emnist-digits-train-images-idx3-ubyte, emnist-digits-train-labels-idx1-ubyte.gz"
  })
  void givenOtherNamesWhenReadThenTheyAreTheSameDataSet(String images, String labels)
      throws IOException {
    Files.move(dir.resolve(IMAGES + ".gz"), dir.resolve(images));
    Files.move(dir.resolve(LABELS + ".gz"), dir.resolve(labels));

    assertThat(Datasets.in(dir, Split.TRAIN).pixels()).isEqualTo(PIXELS);
  }

  @Test
  void givenSeveralDataSetsWhenReadThenOneOfThemHasToBeSaid() throws IOException {
    Files.move(dir.resolve(IMAGES + ".gz"), dir.resolve("emnist-letters-" + IMAGES + ".gz"));
    Files.move(dir.resolve(LABELS + ".gz"), dir.resolve("emnist-letters-" + LABELS + ".gz"));
    write("emnist-digits-" + IMAGES, idx(0x803, new byte[6], 1, 2, 3));
    write("emnist-digits-" + LABELS, idx(0x801, new byte[1], 1));

    assertRefused("several data sets", "say which", dir.resolve("emnist-letters").toString());
    assertThat(Datasets.in(dir.resolve("emnist-letters"), Split.TRAIN).count()).isEqualTo(2);
    assertThat(Datasets.in(dir.resolve("emnist-digits"), Split.TRAIN).count()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"0x901, 07 02", "0xB01, 0007 0002", "0xC01, 00000007 00000002"})
  void givenLabelsOfOtherTypesWhenReadThenTheyAreTheSame(String magic, String values)
      throws IOException {
    byte[] bytes = HexFormat.of().parseHex(values.replace(" ", ""));
    write(LABELS + ".gz", gzip(idx(Integer.decode(magic), bytes, 2)));

    assertThat(Datasets.in(dir, Split.TRAIN).labels()).containsExactly(7, 2);
  }

  /** As QMNIST's: the class, and seven more numbers about who wrote it. */
  @Test
  void givenLabelsWithMoreColumnsWhenReadThenTheFirstIsTheClass() throws IOException {
    byte[] bytes = HexFormat.of().parseHex("0000000700000309ffffffff" + "000000020000000000000001");
    Files.delete(dir.resolve(IMAGES + ".gz"));
    write("qmnist-train-images-idx3-ubyte", idx(0x803, PIXELS, 2, 2, 3));
    write("qmnist-train-labels-idx2-int.gz", gzip(idx(0xC02, bytes, 2, 3)));

    assertThat(Datasets.in(dir.resolve("qmnist"), Split.TRAIN).labels()).containsExactly(7, 2);
  }

  @Test
  void givenLabelsThatAreNoClassesWhenReadThenTheyAreRefused() throws IOException {
    write(LABELS + ".gz", gzip(idx(0xB01, new byte[] {0, 7, 1, 0}, 2)));
    assertRefused("has the label 256 for image 1");
    write(LABELS + ".gz", gzip(idx(0x901, new byte[] {0, -1}, 2)));
    assertRefused("has the label -1 for image 1");
  }

  @Test
  void givenEmnistWhenTurnedAndCountedFromOneThenItIsLikeMnist() {
    ImageDataset turned = Datasets.in(dir, Split.TRAIN).transposed().labelsFrom(7);

    assertThat(turned.height()).isEqualTo(3);
    assertThat(turned.width()).isEqualTo(2);
    assertThat(Arrays.copyOf(turned.pixels(), 6)).containsExactly(0, 3, 1, 4, 2, 5);
    assertThat(turned.labels()).containsExactly(0, 248);
    assertThatThrownBy(() -> turned.labelsFrom(1))
        .hasMessageContaining("image 0 has the label 0, below 1");
  }

  @Test
  void givenLabelsBeyondTheModelsClassesThenTheyAreFoundBeforehand() throws IOException {
    write(LABELS + ".gz", gzip(idx(0x801, new byte[] {1, 26}, 2)));
    ImageDataset letters = Datasets.in(dir, Split.TRAIN);

    letters.requireClasses(27);
    assertThat(letters.largestLabel()).isEqualTo(26);
    assertThatThrownBy(() -> letters.requireClasses(26))
        .hasMessageContaining("image 1 has the label 26; the model has classes 0 to 25")
        .hasMessageContaining("--labels-from 1");
    assertThatThrownBy(() -> letters.labelsFrom(1).requireClasses(2))
        .hasMessageNotContaining("--labels-from");
  }

  @Test
  void givenNumPysFilesWhenReadThenTheyAreDataSets() throws IOException {
    ImageDataset kmnist = Datasets.in(SAMPLES.resolve("kmnist"), Split.TRAIN);
    assertThat(kmnist.pixels()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    assertThat(kmnist.labels()).containsExactly(7, 2);
    assertThat(kmnist.width()).isEqualTo(3);

    ImageDataset keras = Datasets.in(SAMPLES.resolve("keras.npz"), Split.TRAIN);
    assertThat(keras.pixels()).isEqualTo(kmnist.pixels());
    assertThat(keras.labels()).isEqualTo(kmnist.labels());
    ImageDataset colors = Datasets.in(SAMPLES.resolve("keras.npz"), Split.TEST);
    assertThat(colors.channels()).isEqualTo(3);
    assertThat(colors.labels()).containsExactly(7, 2);
    assertThatThrownBy(() -> Datasets.in(SAMPLES.resolve("kmnist-train-imgs.npz"), Split.TRAIN))
        .hasMessageContaining("has no x_train and y_train; it has [arr_0]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"i1", "u2", "i2", "i4", "i8", "u4"})
  void givenLabelsOfNumPysTypesWhenReadThenTheyAreTheSame(String type) throws IOException {
    Files.copy(SAMPLES.resolve("labels-" + type + ".npy"), dir.resolve("train-labels.npy"));
    Files.delete(dir.resolve(LABELS + ".gz"));

    assertThat(Datasets.in(dir, Split.TRAIN).labels()).containsExactly(7, 2);
  }

  @ParameterizedTest
  @CsvSource({
    "floats, values of type f4",
    "objects, is of pickled objects",
    "fortran, not an array of numbers in C's order"
  })
  void givenNumPysFilesOfOtherKindsWhenReadThenTheyAreRefused(String file, String message)
      throws IOException {
    Files.copy(SAMPLES.resolve(file + ".npy"), dir.resolve("train-labels.npy"));
    Files.delete(dir.resolve(LABELS + ".gz"));

    assertRefused(message);
  }

  /** Whatever is changed in a file: a data set, or what is wrong with the file. */
  @ParameterizedTest
  @ValueSource(strings = {"labels-i8.npy", "kmnist-train-labels.npz", "keras.npz"})
  void givenDamagedFilesWhenReadThenNothingButDatasetExceptionsComeOut(String file)
      throws IOException {
    byte[] good = Files.readAllBytes(SAMPLES.resolve(file));
    String name = "train-labels." + file.replaceFirst(".*\\.", "");
    Files.delete(dir.resolve(LABELS + ".gz"));
    Random random = new Random(18);
    for (int round = 0; round < 300; round++) {
      byte[] bad = good.clone();
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      write(name, bad);
      try {
        Datasets.in(file.startsWith("keras") ? dir.resolve(name) : dir, Split.TRAIN);
      } catch (DatasetException e) {
        assertThat(e).hasMessageMatching("(?s).+");
      }
    }
  }

  @Test
  void givenCifarsFilesWhenReadThenTheColorsOfAPixelAreTogether() throws IOException {
    Files.delete(dir.resolve(IMAGES + ".gz"));
    Files.delete(dir.resolve(LABELS + ".gz"));
    byte[] record = new byte[3073];
    record[0] = 9;
    record[1] = 10; // the first red
    record[1 + 1024] = 20;
    record[1 + 2048 + 1023] = 30; // the last blue
    write("data_batch_1.bin", new byte[2 * 3073]);
    write("data_batch_2.bin", record);
    write("test_batch.bin", record);

    ImageDataset train = Datasets.in(dir, Split.TRAIN);
    assertThat(train.count()).isEqualTo(3);
    assertThat(train.labels()).containsExactly(0, 0, 9);
    assertThat(train.channels()).isEqualTo(3);
    byte[] pixels = Datasets.in(dir, Split.TEST).pixels();
    assertThat(Arrays.copyOf(pixels, 3)).containsExactly(10, 20, 0);
    assertThat(pixels[3071]).isEqualTo((byte) 30);

    write("test_batch.bin", new byte[3074]);
    assertRefused(Split.TEST, "has 3074 bytes; must be records of 3073");
    record[0] = 10;
    write("test_batch.bin", record);
    assertRefused(Split.TEST, "has the label 10 at byte 0");
  }

  @Test
  void givenAFolderForEachClassWhenReadThenTheirNamesAreTheClasses() throws IOException {
    Files.delete(dir.resolve(IMAGES + ".gz"));
    Files.delete(dir.resolve(LABELS + ".gz"));
    for (String file : new String[] {"2/a.png", "10/b.png", "10/a.png"}) {
      Files.createDirectories(dir.resolve(file).getParent());
      write(file, PngFiles.png(1, 2, 1, new byte[] {(byte) file.length(), 5}));
    }
    ImageDataset grey = Datasets.in(dir, Split.TRAIN);
    assertThat(grey.labels()).containsExactly(2, 10, 10);
    assertThat(grey.pixels()).containsExactly(7, 5, 8, 5, 8, 5);
    assertRefused(Split.TEST, "no images to test with");

    Files.createDirectories(dir.resolve("test/dog"));
    Files.createDirectories(dir.resolve("test/cat"));
    write("test/dog/1.png", PngFiles.png(1, 2, 3, new byte[] {1, 2, 3, 4, 5, 6}));
    write("test/cat/1.png", PngFiles.png(1, 2, 1, new byte[] {7, 8}));
    ImageDataset color = Datasets.in(dir, Split.TEST);
    assertThat(color.labels()).containsExactly(0, 1);
    assertThat(color.pixels()).containsExactly(7, 7, 7, 8, 8, 8, 1, 2, 3, 4, 5, 6);

    for (String folder : new String[] {"__MACOSX", "train/cat", "train/cow", "train/__MACOSX"}) {
      Files.createDirectories(dir.resolve(folder));
    }
    write("train/cow/1.png", PngFiles.png(1, 2, 1, new byte[] {7, 8}));
    assertThat(Datasets.in(dir, Split.TRAIN).labels()).as("cat, cow, dog").containsExactly(1);
    assertThat(Datasets.in(dir, Split.TEST).labels()).containsExactly(0, 2);

    write("test/cat/2.png", PngFiles.png(2, 2, 1, new byte[4]));
    assertRefused(Split.TEST, "2.png is 2 x 2, and", "is 1 x 2; must be of one size");
    write("test/cat/2.png", new byte[] {-1, -40, -1});
    assertRefused(Split.TEST, "2.png is not a PNG image");
  }

  /** They would be read without a complaint, and learned as something else. */
  @Test
  void givenOneHotLabelsOrChannelsFirstOrTruthValuesWhenReadThenTheyAreRefused()
      throws IOException {
    write(LABELS + ".gz", gzip(idx(0x802, new byte[] {0, 1, 0, 1, 0, 0}, 2, 3)));
    assertRefused("has a 1 in one of 3 columns", "argmax(axis=1)");
    write(LABELS + ".gz", gzip(idx(0x802, new byte[] {0, 1, 0, 1, 1, 0}, 2, 3)));
    assertThat(Datasets.in(dir, Split.TRAIN).labels()).containsExactly(0, 1);

    write(IMAGES + ".gz", gzip(idx(0x804, PIXELS, 2, 1, 1, 6)));
    assertRefused("has the shape [2, 1, 1, 6]; channels come last");

    String header = "{'descr': '|b1', 'fortran_order': False, 'shape': (2, 2, 3), }\n";
    byte[] npy =
        ("\u0093NUMPY\u0001\0" + (char) header.length() + "\0" + header).getBytes(ISO_8859_1);
    write(IMAGES + ".gz", gzip(Arrays.copyOf(npy, npy.length + 12)));
    assertRefused("has values of type b1; must be whole numbers");
  }

  @Test
  void givenTooFewValuesWhenReadThenTheMessageCountsThem() throws IOException {
    write(IMAGES + ".gz", gzip(idx(0x803, Arrays.copyOf(PIXELS, 11), 2, 2, 3)));

    assertRefused(IMAGES + ".gz is truncated: 11 of 12 bytes");
  }

  @Test
  void givenTooManyValuesWhenReadThenItIsRefused() throws IOException {
    write(IMAGES + ".gz", gzip(idx(0x803, Arrays.copyOf(PIXELS, 13), 2, 2, 3)));

    assertRefused(IMAGES + ".gz goes on after its 12 bytes");
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

    assertRefused(LABELS + ".gz is neither an IDX file", "starts with 0x3c68746d");
  }

  @Test
  void givenImagesInPlaceOfLabelsWhenReadThenTheirDimensionsTell() throws IOException {
    write(LABELS + ".gz", gzip(idx(0x803, PIXELS, 2, 2, 3)));

    assertRefused(LABELS + ".gz has 3 dimensions; labels have 1");
  }

  @Test
  void givenFloatsWhenReadThenTheMagicNumberTells() throws IOException {
    write(IMAGES + ".gz", gzip(idx(0xD03, PIXELS, 2, 2, 3)));

    assertRefused("neither an IDX file of whole numbers", "0x00000d03");
  }

  @Test
  void givenMoreLabelsThanImagesWhenReadThenTheMessageHasBothCounts() throws IOException {
    write(LABELS + ".gz", gzip(idx(0x801, new byte[3], 3)));

    assertRefused(IMAGES + ".gz holds 2 images, but ", LABELS + ".gz 3 labels");
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

    write(IMAGES + ".gz", gzip(idx(0x803, new byte[0], 0, 2, 3)));
    assertRefused("holds no images");
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
