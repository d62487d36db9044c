package io.streamgrad.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MisreadImagesTest {
  private final MisreadImages images = new MisreadImages();

  @Test
  void givenABatchThenTheImagesThatWereMisreadAreKeptWithTheirPixels() {
    images.add(prediction("m", 1, 2, 3), batch(new byte[] {1, 7, 8}).build());

    assertThat(images.of("m"))
        .extracting(
            Misread::image, Misread::label, Misread::predicted, each -> each.pixels().byteAt(0))
        .containsExactly(tuple(2, 8, 3, (byte) 2), tuple(1, 7, 2, (byte) 1));
  }

  @Test
  void givenImagesWithoutLabelsThenNobodyKnowsWhetherTheyWereMisread() {
    images.add(prediction("m", 1, 2, 3), batch(new byte[] {0, 0, 3}).addUnlabeled(0).build());

    assertThat(images.of("m")).extracting(Misread::image).containsExactly(1);
  }

  @Test
  void givenImagesInColorThenTheirChannelsAreTogether() {
    byte[] planes = new byte[12];
    for (int i = 0; i < planes.length; i++) {
      planes[i] = (byte) i;
    }
    images.add(
        prediction("m", 1),
        ImageBatch.newBuilder()
            .setHeight(2)
            .setWidth(2)
            .setChannels(3)
            .setLayout(ImageBatch.Layout.PLANAR)
            .setPixels(ByteString.copyFrom(planes))
            .setLabels(ByteString.copyFrom(new byte[] {7}))
            .build());

    assertThat(images.of("m").get(0).pixels().toByteArray())
        .containsExactly(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
  }

  @Test
  void givenABatchThatDoesNotFitThePredictionThenNothingIsKept() {
    images.add(prediction("m", 1, 2), batch(new byte[] {5, 5, 5}).build());
    images.add(prediction("m", 1, 2, 3), batch(new byte[] {5, 5}).build());
    images.add(
        prediction("m", 1, 2, 3), batch(new byte[] {5, 5, 5}).setPixels(ByteString.EMPTY).build());

    assertThat(images.of("m")).isEmpty();
  }

  @Test
  void givenManyThenSoManyOfEachModelAreKeptAndNoneOfThoseNobodyLooksAt() {
    for (int i = 0; i < 50; i++) {
      images.add(prediction("m", 1, 2, 3), batch(new byte[] {9, 9, 9}).build());
      images.add(prediction("other", 1, 2, 3), batch(new byte[] {9, 9, 9}).build());
    }
    assertThat(images.of("m")).hasSize(MisreadImages.OF_A_MODEL);
    assertThat(images.of("other")).hasSize(MisreadImages.OF_A_MODEL);

    images.keep(Set.of("m"));

    assertThat(images.of("m")).isNotEmpty();
    assertThat(images.of("other")).isEmpty();
  }

  private static PredictionBatch prediction(String model, Integer... classes) {
    PredictionBatch.Builder prediction = PredictionBatch.newBuilder().setModel(model);
    for (int each : List.of(classes)) {
      prediction.addClasses(each).addConfidences(0.5f);
    }
    return prediction.build();
  }

  /** Three images of four pixels, each of its number. */
  private static ImageBatch.Builder batch(byte[] labels) {
    return ImageBatch.newBuilder()
        .setHeight(2)
        .setWidth(2)
        .setPixels(ByteString.copyFrom(new byte[] {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}))
        .setLabels(ByteString.copyFrom(labels));
  }
}
