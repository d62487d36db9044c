package io.streamgrad.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DatasetShiftTest {
  private static final int COUNT = 12;

  /** 2 x 3 images, of six classes in turn, whose first pixel is their number. */
  private static final ImageDataset IMAGES = images();

  private static ImageDataset images() {
    byte[] pixels = new byte[COUNT * 6];
    byte[] labels = new byte[COUNT];
    for (int image = 0; image < COUNT; image++) {
      pixels[image * 6] = (byte) image;
      labels[image] = (byte) (image % 6);
    }
    return new ImageDataset(2, 3, 1, pixels, labels);
  }

  private static int[] labels(ImageDataset images) {
    return IntStream.range(0, images.count()).map(images::label).toArray();
  }

  @Test
  void labelsAreTheNextOnesFromTheMiddleOn() {
    assertThat(labels(DatasetShift.PERMUTE.stream(IMAGES)))
        .containsExactly(0, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 0);
    assertThat(labels(DatasetShift.PERMUTE.end(IMAGES)))
        .containsExactly(1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0);
    assertThat(DatasetShift.PERMUTE.stream(IMAGES).pixels()).isEqualTo(IMAGES.pixels());
  }

  @Test
  void labelsAreTheNextOnesInEverySecondSixth() {
    assertThat(labels(DatasetShift.RECURRING.stream(IMAGES)))
        .containsExactly(0, 1, 3, 4, 4, 5, 1, 2, 2, 3, 5, 0);
    assertThat(labels(DatasetShift.RECURRING.end(IMAGES)))
        .isEqualTo(labels(DatasetShift.PERMUTE.end(IMAGES)));
  }

  @Test
  void theLowerHalfOfTheClassesComesFirstInItsOrder() {
    ImageDataset stream = DatasetShift.CLASSES.stream(IMAGES);
    assertThat(labels(stream)).containsExactly(0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5);
    assertThat(IntStream.range(0, COUNT).map(image -> stream.pixels()[image * 6]))
        .containsExactly(0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11);
    assertThat(labels(DatasetShift.CLASSES.end(IMAGES))).isEqualTo(labels(IMAGES));
  }

  @Test
  void imagesTurnClockwiseByAQuarterInAll() {
    byte[] pixels = new byte[4 * 9];
    for (int image = 0; image < 4; image++) {
      pixels[image * 9 + 1] = -1; // above the middle
    }
    ImageDataset images = new ImageDataset(3, 3, 1, pixels, new byte[4]);

    byte[] stream = DatasetShift.ROTATE.stream(images).pixels();
    byte[] end = DatasetShift.ROTATE.end(images).pixels();

    assertThat(stream).startsWith(0, -1, 0, 0, 0, 0, 0, 0, 0);
    assertThat(stream[2 * 9 + 2] & 0xff).as("half of it, top right").isGreaterThan(60);
    assertThat(end).startsWith(0, 0, 0, 0, 0, -1, 0, 0, 0); // right of the middle
  }
}
