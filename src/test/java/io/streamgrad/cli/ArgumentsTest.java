package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ArgumentsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "produce --model ''          | --model \"\": must be 1 to 249 bytes of UTF-8",
        "produce --model a\\tb        | --model a\\u0009b: must be 1 to 249 bytes of UTF-8",
        "produce --batch-size 0      | --batch-size 0: must be 1 or above",
        "produce --repeat 0          | --repeat 0: must be 1 or above",
        "produce --limit -1          | --limit -1: must be 0 or above",
        "produce --rate 0            | --rate 0.0: must be 1.0E-5 (one a day) or above",
        "produce --rate NaN          | --rate NaN: must be 1.0E-5 (one a day) or above",
        "produce --rate Infinity     | --rate Infinity: must be 1.0E-5 (one a day) or above",
        "watch metrics --limit -1    | --limit -1: must be 0 or above",
        "watch metrics --model ''    | --model \"\": must be 1 to 249 bytes of UTF-8",
        "watch metrics --from-offset -1 | --from-offset -1: must be 0 or above",
        "watch metrics --from-offset 3 --until-offset 2 | --until-offset 2: must be 0 or above, and"
            + " not before",
        "watch metrics --from-time 1m --until-time 2m | must be not before --from-time",
        "watch metrics --from-time noon | 'noon' must be a time: 2026-01-31T12:00:00Z",
        "watch images                | 'images' must be predictions, applied, metrics or"
            + " dead-letters",
        "verify --until -1           | --until -1: must be 0 or above",
        "verify --model ''           | --model \"\": must be 1 to 249 bytes of UTF-8",
        "broker --data-dir d --port -1     | --port -1: must be 0 (any free port) to 65535",
        "demo --epochs 0             | --epochs 0: must be 1 or above",
        "demo --batch-size -16       | --batch-size -16: must be 1 or above",
        "demo --summary /none/x.json | --summary /none/x.json: must be a file that can be written",
        "demo --summary /            | --summary /: must be a file that can be written",
        "demo --port 65536           | --port 65536: must be 0 (any free port) to 65535",
        "demo --metrics-port 65536   | --metrics-port 65536: must be 0 (any free port) to 65535",
      })
  void whatIsNotAllowedEndsTheCommandAndSaysWhatIs(String line, String message) {
    StringWriter err = new StringWriter();
    String[] arguments =
        List.of(line.replace("\\t", "\t").split(" ", -1)).stream()
            .map(word -> word.equals("''") ? "" : word)
            .toArray(String[]::new);

    int exit =
        StreamgradCommand.commandLine().setErr(new PrintWriter(err, true)).execute(arguments);

    assertThat(err.toString()).contains(message);
    assertThat(exit).isEqualTo(CommandLine.ExitCode.USAGE);
  }
}
