package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A command that fails says with what, where and why, and which option changes it. */
class MessagesTest {
  private static final String IMAGES = "train-images-idx3-ubyte";
  private static final String LABELS = "train-labels-idx1-ubyte";

  @TempDir private Path directory;

  private Path missing;

  @BeforeEach
  void nothingIsThere() {
    missing = directory.resolve("missing");
  }

  @Test
  void aDataSetsFileThatIsCutOff() throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(whole)) {
      gzip.write(new byte[] {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 9});
      gzip.write(new byte[81]);
    }
    Path file = directory.resolve(IMAGES + ".gz");
    Files.write(file, Arrays.copyOf(whole.toByteArray(), 14));
    Files.createFile(directory.resolve(LABELS));

    assertThat(failure("produce", "--dataset", directory.toString()))
        .isEqualTo(
            "streamgrad produce: --dataset %s: %s is truncated: Unexpected end of ZLIB input stream"
                .formatted(directory, file));
  }

  @Test
  void aDataSetsFileThatIsADirectory() throws IOException {
    Path file = Files.createDirectory(directory.resolve(IMAGES));
    Files.createFile(directory.resolve(LABELS));

    assertThat(failure("produce", "--dataset", directory.toString()))
        .isEqualTo(
            "streamgrad produce: --dataset %s: %s can't be read: Is a directory"
                .formatted(directory, file));
  }

  @Test
  void aDataSetThatIsNotThere() {
    assertThat(failure("demo", "--dataset", missing.toString()))
        .startsWith("streamgrad demo: --dataset %s: %s has no images".formatted(missing, missing));
  }

  @Test
  void aLabelThatTheModelHasNot() {
    assertThat(failure("produce", "--classes", "9"))
        .isEqualTo(
            "streamgrad produce: --dataset mnist: image 4 has the label 9; the model has classes 0"
                + " to 8");
    assertThat(failure("produce", "--labels-from", "1"))
        .isEqualTo("streamgrad produce: --dataset mnist: image 1 has the label 0, below 1");
    for (String none : new String[] {"-1", "256"}) { // a byte would turn over
      assertThat(failure(CommandLine.ExitCode.USAGE, "produce", "--labels-from", none))
          .startsWith("--labels-from %s: must be from 0 to 255".formatted(none));
    }
  }

  @Test
  void aClientsFileThatIsNotThereOrADirectory() {
    assertThat(failure("watch", "metrics", "--command-config", missing.toString()))
        .isEqualTo(
            "streamgrad watch: --command-config %s can't be read: no such file or directory"
                .formatted(missing));
    assertThat(failure("watch", "metrics", "--command-config", directory.toString()))
        .isEqualTo(
            "streamgrad watch: --command-config %s can't be read: Is a directory"
                .formatted(directory));
  }

  @Test
  void aConfigurationThatIsNotThere() {
    assertThat(failure("serve", "--config", missing + ".yaml"))
        .isEqualTo(
            "streamgrad serve: configuration file %s.yaml: can't be read: no such file or directory"
                .formatted(missing));
  }

  @Test
  void aTokensFileThatIsNotThere() {
    assertThat(failure("serve", "-c", "http.token-file=" + missing))
        .isEqualTo(
            "streamgrad serve: http.token-file: %s can't be used: no such file or directory"
                .formatted(missing));
  }

  @Test
  void aPortInUse() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = other.getLocalPort();

      assertThat(failure("serve", "-c", "http.host=127.0.0.1", "-c", "http.health-port=" + port))
          .isEqualTo(
              "streamgrad serve: http.health-port: can't listen on 127.0.0.1:%d (choose another with -c http.health-port=PORT; 0 is any free one): Address already in use"
                  .formatted(port));
      assertThat(failure("broker", "--data-dir", directory.toString(), "--port", port + ""))
          .isEqualTo(
              "streamgrad broker: Port %d of 127.0.0.1 can't be used (--port; 0 is any free one): Address already in use"
                  .formatted(port));
    }
  }

  @Test
  void aHostOfAnotherMachine() {
    assertThat(failure("serve", "-c", "http.host=nowhere.invalid"))
        .isEqualTo(
            "streamgrad serve: http.host: nowhere.invalid is no name or address of this machine");
  }

  @Test
  void aDataDirectoryThatIsAFile() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));

    assertThat(failure("broker", "--port", "0", "--data-dir", file.toString()))
        .isEqualTo(
            "streamgrad broker: The data directory %s (--data-dir) can't be written: not a directory"
                .formatted(file));
  }

  private static String failure(String... arguments) {
    return failure(CommandLine.ExitCode.SOFTWARE, arguments);
  }

  private static String failure(int code, String... arguments) {
    StringWriter err = new StringWriter();
    int exit =
        StreamgradCommand.commandLine().setErr(new PrintWriter(err, true)).execute(arguments);
    assertThat(exit).as(err.toString()).isEqualTo(code);
    return err.toString().strip();
  }
}
