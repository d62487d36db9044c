package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
  private static final byte[] OLD = {1, 2, 3};
  private static final byte[] NEW = {4, 5};

  @TempDir private Path directory;

  @Test
  void itIsThereWithAllThatWasWrittenAndNothingBesideIt() throws IOException {
    Path file = directory.resolve("model");

    new WholeFile(file, false).write(out -> out.write(NEW));

    assertThat(file).hasBinaryContent(NEW);
    assertThat(files()).containsExactly("model");
  }

  @Test
  void whatIsThereStaysUnlessThatIsForced() throws IOException {
    Path file = Files.write(directory.resolve("model"), OLD);

    assertThatThrownBy(() -> new WholeFile(file, false))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("--output %s is there already: --force writes over it", file);
    new WholeFile(file, true).write(out -> out.write(NEW));

    assertThat(file).hasBinaryContent(NEW);
  }

  @Test
  void whatFailsLeavesWhatWasThere() throws IOException {
    Path file = Files.write(directory.resolve("model"), OLD);

    assertThatThrownBy(
            () ->
                new WholeFile(file, true)
                    .write(
                        out -> {
                          out.write(new byte[1 << 20]);
                          throw new IOException("no space left");
                        }))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("--output " + file + " can't be written")
        .hasRootCauseMessage("no space left");

    assertThat(file).hasBinaryContent(OLD);
    assertThat(files()).containsExactly("model");
  }

  @Test
  void whatIsNoFileAndWhatHasNoDirectoryIsRefused() throws IOException {
    Path file = Files.write(directory.resolve("file"), OLD);

    assertThatThrownBy(() -> new WholeFile(directory, true))
        .hasMessage("--output %s is there and no regular file", directory);
    assertThatThrownBy(() -> new WholeFile(directory.resolve("none").resolve("model"), false))
        .hasMessageContaining("%s is no directory", directory.resolve("none"));
    assertThatThrownBy(() -> new WholeFile(file.resolve("model"), false))
        .hasMessageContaining("%s is no directory", file);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(each -> each.getFileName().toString()).toList();
    }
  }
}
