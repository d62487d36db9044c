package io.streamgrad.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.PartitionRecords;
import io.streamgrad.format.state.UnreadableStateException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangelogViewTest {
  @Test
  void givenAKeyOfThePositionThenItIsOfNoModel() {
    byte[] key = PartitionRecords.POSITION.bytes();
    assertThat(ChangelogView.model(key)).isNull();
    ChangelogView image = new ChangelogView();
    image.put(key, new byte[] {1});

    assertThat(image.names()).isEmpty();
  }

  @Test
  void givenAKeyOfAPieceThenItIsOfItsModel() {
    assertThat(ChangelogView.model(ChangelogLayout.key("ä", ChangelogLayout.BATCHES, 7).bytes()))
        .isEqualTo("ä");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "a\0\0\0\0\0",
        "a\0\7\0\0\0\0",
        "a\0\0\0\0\0\0\0",
        "a\n\0\0\0\0\0\0",
        "\0",
        "\0\0\0\0\0\0\1"
      })
  void givenAnyOtherKeyThenItIsNamed(String key) {
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> ChangelogView.model(bytes))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageStartingWith("the changelog has a key that is no model's");
  }
}
