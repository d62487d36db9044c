package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What is typed wins over what a file says, and that over what is usual. */
class ClientOptionsTest {
  @TempDir private Path directory;

  private Path file;

  @BeforeEach
  void aFile() throws IOException {
    file = directory.resolve("client.properties");
    Files.writeString(file, "bootstrap.servers=file:1\nclient.id=file\nsecurity.protocol=SSL\n");
  }

  @Test
  void givenNothingThenItIsTheLocalBroker() {
    assertThat(parse()).isEqualTo(Map.of("bootstrap.servers", "localhost:9092"));
  }

  @Test
  void givenAFileThenItWinsOverTheDefault() {
    assertThat(parse("--command-config", file.toString()))
        .containsEntry("bootstrap.servers", "file:1")
        .containsEntry("client.id", "file");
  }

  @Test
  void givenOptionsAndAFileThenTheOptionsWinWhereverTheyStand() {
    assertThat(
            parse(
                "--bootstrap-server",
                "typed:2",
                "--command-config",
                file.toString(),
                "-X",
                "client.id=typed"))
        .containsEntry("bootstrap.servers", "typed:2")
        .containsEntry("client.id", "typed")
        .containsEntry("security.protocol", "SSL");
  }

  @Test
  void givenTheDefaultIsTypedThenItWinsToo() {
    assertThat(parse("--command-config", file.toString(), "--bootstrap-server", "localhost:9092"))
        .containsEntry("bootstrap.servers", "localhost:9092");
  }

  private static Map<String, Object> parse(String... arguments) {
    Any any = new Any();
    new CommandLine(any).parseArgs(arguments);
    return any.client.properties();
  }

  @Command
  private static final class Any {
    @Mixin private final ClientOptions client = new ClientOptions();
  }
}
