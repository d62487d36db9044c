package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangelogImageTest {
  @Test
  void givenAKeyOfThePositionThenItIsOfNoModel() {
    byte[] key = PartitionRecords.POSITION.get();
    assertThat(ChangelogImage.model(key)).isNull();
    ChangelogImage image = new ChangelogImage();
    image.put(key, new byte[] {1});

    assertThat(image.names()).isEmpty();
  }

  @Test
  void givenAKeyOfAPieceThenItIsOfItsModel() {
    assertThat(ChangelogImage.model(Chunks.key("ä", Chunks.JOURNAL, 7).get())).isEqualTo("ä");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "a\0\0\0\0\0",
        "a\0\3\0\0\0\0",
        "a\0\0\0\0\0\0\0",
        "a\n\0\0\0\0\0\0",
        "\0",
        "\0\0\0\0\0\0\1"
      })
  void givenAnyOtherKeyThenItIsNamed(String key) {
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> ChangelogImage.model(bytes))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageStartingWith("the changelog has a key that is no model's");
  }
}
