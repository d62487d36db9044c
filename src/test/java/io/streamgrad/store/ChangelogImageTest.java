package io.streamgrad.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangelogImageTest {
  @Test
  void givenAKeyThatBeginsWithZeroThenItIsOfNoModel() {
    assertThat(ChangelogImage.model(new byte[] {0})).isNull();
    assertThat(ChangelogImage.model(new byte[] {0, 0, 0, 0, 0, 0, 1})).isNull();
    ChangelogImage image = new ChangelogImage();
    image.put(new byte[] {0}, new byte[] {1});
    image.put(new byte[] {0, 0, 0, 0, 0, 0, 1}, new byte[] {1});

    assertThat(image.names()).isEmpty();
  }

  @Test
  void givenAKeyOfAPieceThenItIsOfItsModel() {
    assertThat(ChangelogImage.model(Chunks.key("ä", Chunks.JOURNAL, 7).get())).isEqualTo("ä");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "a", "a\0\0\0\0\0", "a\0\3\0\0\0\0", "a\0\0\0\0\0\0\0", "a\n\0\0\0\0\0\0"})
  void givenAnyOtherKeyThenItIsNamed(String key) {
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> ChangelogImage.model(bytes))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageStartingWith("the changelog has a key that is no model's");
  }
}
