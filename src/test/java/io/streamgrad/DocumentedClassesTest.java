package io.streamgrad;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Classes that the documents for newcomers send them to are there. */
class DocumentedClassesTest {
  /** A name in backquotes, with or without its package in front and a member behind. */
  private static final Pattern NAME =
      Pattern.compile("`(?:[a-z]+\\.)*([A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*)(?:\\.\\w+)?`");

  private static final Pattern MESSAGE = Pattern.compile("(?m)^ *message (\\w+) ");

  @ParameterizedTest
  @ValueSource(strings = {"HACKING.md", "ARCHITECTURE.md", "docs/GLOSSARY.md"})
  void everyClassThatItNamesIsThere(String document) throws IOException {
    List<String> named = names(NAME, Files.readString(Path.of(document)));

    assertThat(named).hasSizeGreaterThan(5);
    assertThat(classes()).containsAll(named);
  }

  private static Set<String> classes() throws IOException {
    Set<String> classes;
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      classes =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".java"))
              .map(name -> name.replace(".java", ""))
              .collect(Collectors.toSet());
    }
    Path messages = Path.of("src/main/proto/streamgrad/v1/streamgrad.proto");
    classes.addAll(names(MESSAGE, Files.readString(messages)));
    return classes;
  }

  private static List<String> names(Pattern pattern, String text) {
    return pattern.matcher(text).results().map((MatchResult name) -> name.group(1)).toList();
  }
}
