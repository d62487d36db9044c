package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.streamgrad.Documents;
import io.streamgrad.config.load.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Commands and settings as the documents give them are commands and settings. */
class DocumentedCommandsTest {
  private static final Map<String, String> EXAMPLES =
      Map.of(
          "FILE", "file.yaml",
          "DIR", "directory",
          "NAME", "digits",
          "PORT", "9092",
          "OFFSET", "17",
          "key=value", "model.seed=7");

  private static final Pattern WORD = Pattern.compile("(\"[^\"]*\"|[^ \"])+");

  @TempDir private Path directory;

  static List<String> everyCommandHasItsOptions() throws IOException {
    List<String> commands = Documents.commands("streamgrad");
    assertThat(commands).hasSizeGreaterThan(10);
    return commands;
  }

  @ParameterizedTest
  @MethodSource
  void everyCommandHasItsOptions(String command) {
    CommandLine all = StreamgradCommand.commandLine();
    if (!command.replaceFirst("\\S+ ", "").contains(" ")) {
      assertThat(all.getSubcommands()).containsKey(command.replaceFirst("\\S+ ", ""));
      return; // only its name
    }
    for (String alternative : alternatives(command)) {
      String[] arguments =
          WORD.matcher(alternative)
              .results()
              .map(word -> word.group().replace("\"", ""))
              .skip(1)
              .map(word -> EXAMPLES.getOrDefault(word, word))
              .toArray(String[]::new);

      assertThatCode(() -> all.parseArgs(arguments)).as(alternative).doesNotThrowAnyException();
    }
  }

  /** "watch predictions\|metrics" are two commands. */
  private static List<String> alternatives(String command) {
    for (String word : command.split(" ", -1)) {
      if (word.contains("|")) {
        return Arrays.stream(word.split("\\\\?\\|", -1))
            .map(choice -> command.replace(word, choice))
            .toList();
      }
    }
    return List.of(command);
  }

  static List<String> everySettingInTheTextIsTaken() throws IOException {
    List<String> settings =
        Documents.inline().stream()
            .filter(code -> code.matches("[a-z][a-z-]*(\\.[a-z0-9.-]+)?: [^ ]+"))
            .filter(code -> !code.matches("(content-type|reason): .*")) // of records
            .toList();
    assertThat(settings).hasSizeGreaterThan(4);
    return settings;
  }

  @ParameterizedTest
  @MethodSource
  void everySettingInTheTextIsTaken(String setting) {
    String[] parts = setting.split(": ", 2);
    String value = parts[1].equals("NEW") ? "new" : parts[1];

    assertThatCode(() -> ConfigLoader.load(null, Map.of(), Map.of(parts[0], value)))
        .doesNotThrowAnyException();
  }

  static List<String> everyConfigurationFileInABlockIsTaken() throws IOException {
    return Documents.blocks("yaml");
  }

  @ParameterizedTest
  @MethodSource
  void everyConfigurationFileInABlockIsTaken(String yaml) throws IOException {
    Path file = directory.resolve("service.yaml");
    Files.writeString(file, yaml);

    assertThatCode(() -> ConfigLoader.load(file, Map.of(), Map.of())).doesNotThrowAnyException();
  }

  static List<String> everyEnvironmentVariableInTheTextSetsAKey() throws IOException {
    List<String> variables =
        Documents.inline().stream().filter(code -> code.matches("STREAMGRAD_[A-Z_]+")).toList();
    assertThat(variables).isNotEmpty();
    return variables;
  }

  @ParameterizedTest
  @MethodSource
  void everyEnvironmentVariableInTheTextSetsAKey(String variable) {
    String value = variable.endsWith("PORT") ? "9000" : "0.05";

    assertThatCode(() -> ConfigLoader.load(null, Map.of(variable, value), Map.of()))
        .doesNotThrowAnyException();
  }

  static List<String> everyExampleInTheReferenceIsTaken() throws IOException {
    List<String> examples =
        Pattern.compile("-c (\\S+=[^\\s);.]+(?:\\.\\d+)?)")
            .matcher(Files.readString(Path.of("src/main/resources/streamgrad-defaults.yaml")))
            .results()
            .map(example -> example.group(1))
            .filter(example -> !example.equals("key=value"))
            .toList();
    assertThat(examples).hasSizeGreaterThanOrEqualTo(2);
    return examples;
  }

  @ParameterizedTest
  @MethodSource
  void everyExampleInTheReferenceIsTaken(String example) {
    String[] parts = example.split("=", 2);

    assertThatCode(() -> ConfigLoader.load(null, Map.of(), Map.of(parts[0], parts[1])))
        .doesNotThrowAnyException();
  }
}
