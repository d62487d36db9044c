package io.streamgrad.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.streamgrad.chaos.Maven;
import io.streamgrad.v1.ImageBatch;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The bytes that SchemaFrameTest reads are those that Apicurio Registry's serializers write. */
class ApicurioIT {
  private static final Path PROGRAM = Path.of("src", "test", "apicurio").toAbsolutePath();
  private static final Path ASKED = Path.of("target", "apicurio").toAbsolutePath();

  @Test
  void givenApicuriosSerializersWhenABatchIsWrittenThenItIsWhatTheSamplesHave() throws Exception {
    Path classPath = Files.createDirectories(ASKED).resolve("classpath");
    if (!Files.exists(classPath)) {
      Files.copy(PROGRAM.resolve("pom.xml"), ASKED.resolve("pom.xml"));
      Path asked = ASKED.resolve("classpath.new");
      Maven.run(
          ASKED,
          "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath",
          "-DincludeScope=runtime",
          "-Dmdep.outputFile=" + asked);
      Files.move(asked, classPath);
    }
    // Our messages and the Protobuf that they are generated for come first.
    String all = String.join(File.pathSeparator, place(ImageBatch.class), place(ByteString.class));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                all + File.pathSeparator + Files.readString(classPath),
                PROGRAM.resolve("Records.java").toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String written = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).isZero();
    assertThat(written.lines().toList()).isEqualTo(samples());
  }

  private static List<String> samples() throws Exception {
    return Files.readAllLines(Path.of("src", "test", "resources", "framed", "apicurio.csv"));
  }

  private static String place(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }
}
