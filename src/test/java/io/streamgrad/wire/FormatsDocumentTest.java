package io.streamgrad.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** docs/FORMATS.md names what the code reads, no more and no less. */
class FormatsDocumentTest {
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  @Test
  void everyContentTypeThatIsNamedIsReadAsSuchAndNoOtherIs() throws Exception {
    for (String row : rows("## Values")) {
      List<String> names =
          CODE.matcher(row)
              .results()
              .map(name -> name.group(1))
              .filter(name -> name.contains("/"))
              .toList();
      ContentType type = type(names.get(0));
      for (String name : names) {
        assertThat(type(name)).as(name).isEqualTo(type);
      }
    }
    Set<ContentType> named =
        rows("## Values").stream()
            .map(row -> type(CODE.matcher(row).results().iterator().next().group(1)))
            .collect(Collectors.toSet());
    assertThat(named).containsExactlyInAnyOrder(ContentType.values());
  }

  @Test
  void everyHeaderIsThere() throws Exception {
    List<String> constants =
        Arrays.stream(ImageHeaders.class.getFields())
            .filter(field -> Modifier.isStatic(field.getModifiers()))
            .map(
                field -> {
                  try {
                    return (String) field.get(null);
                  } catch (IllegalAccessException e) {
                    throw new AssertionError(e);
                  }
                })
            .toList();

    assertThat(rows("## Headers"))
        .extracting(row -> CODE.matcher(row).results().findFirst().orElseThrow().group(1))
        .containsExactlyInAnyOrderElementsOf(constants);
  }

  private static ContentType type(String name) {
    Headers headers = new RecordHeaders();
    headers.add(ContentType.HEADER, name.getBytes(StandardCharsets.UTF_8));
    try {
      return ContentType.of(headers);
    } catch (BadRecordException e) {
      throw new AssertionError(e);
    }
  }

  /** Of the first table under a heading. */
  private static List<String> rows(String heading) throws IOException {
    return Files.readString(Path.of("docs", "FORMATS.md"))
        .split(heading + "\n", 2)[1]
        .split("\n## ", 2)[0]
        .lines()
        .filter(line -> line.startsWith("| `"))
        .filter(line -> !line.startsWith("| `content-type`"))
        .toList();
  }
}
