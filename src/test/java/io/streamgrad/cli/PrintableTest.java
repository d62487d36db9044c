package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing that a terminal obeys, and nothing that hides, gets out. */
class PrintableTest {
  private static final String UNPRINTABLE = "[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}\\p{Co}\\p{Cn}]";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\n",
        "\r",
        "\t",
        "\u0000",
        "\u001b[2J",
        "\u007f",
        "\u0085",
        "\u009b2J",
        "\u00ad",
        "\u200b",
        "\u2028",
        "\u2029",
        "\u202e",
        "\u2066",
        "\ufeff",
        "\ue000",
        "\ud800",
        "\udb40\udc41"
      })
  void givenWhatIsNoVisibleCharacterThenItIsEscapedInTextAndInJson(String text) throws Exception {
    assertThat(Printable.line("a" + text + "b"))
        .doesNotContainPattern(UNPRINTABLE)
        .matches("a(\\\\u[0-9a-f]{4})+(\\[?2J)?b");
    String json = JsonNodeFactory.instance.objectNode().put("x", text).toString();

    assertThat(Printable.json(json)).doesNotContainPattern(UNPRINTABLE);
    assertThat(new ObjectMapper().readTree(Printable.json(json)).get("x").asText()).isEqualTo(text);
  }

  @Test
  void givenVisibleCharactersOfAnyScriptThenTheyStayAsTheyAre() {
    String text = "é ß 数字 \ud83d\ude00 [0, 1] \"'";

    assertThat(Printable.line(text)).isEqualTo(text);
  }

  @Test
  void givenABackslashThenItIsNotTakenForAnEscape() {
    assertThat(Printable.line("\\u001b")).isEqualTo("\\\\u001b");
  }

  @Test
  void givenLinesThenEachIsOne() {
    assertThat(Printable.lines("a\u001b\nb").lines()).containsExactly("a\\u001b", "b");
  }
}
