package io.streamgrad.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import io.streamgrad.Programs;
import io.streamgrad.chaos.Maven;
import io.streamgrad.v1.ImageBatch;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What serializers write that ask a real schema registry. The service asks none. */
class RegistryIT {
  private static final Path PROGRAMS = Path.of("src", "test", "registry").toAbsolutePath();
  private static final Path TOOLS = Path.of("target", "registry").toAbsolutePath();
  private static final String CONFLUENT_FOR_NODE = "@confluentinc/schemaregistry@1.10.1";

  private static ApicurioRegistry registry;

  @BeforeAll
  static void start() throws Exception {
    registry = ApicurioRegistry.start(TOOLS);
  }

  @AfterAll
  static void stop() throws Exception {
    if (registry != null) {
      registry.close();
    }
  }

  @Test
  void givenApicuriosForJavaWhenMessagesAreWrittenThenTheyAreRead() throws Exception {
    assertAreRead(apicurio(registry.url("registry/v3")), 8);
  }

  /** With the registry of a few lines that {@code Apicurio} has. */
  @Test
  void givenApicuriosForJavaAndKnownIdsWhenMessagesAreWrittenThenTheyAreTheSamples()
      throws Exception {
    assertThat(apicurio().lines().toList()).isEqualTo(Files.readAllLines(SchemaFrameTest.APICURIO));
  }

  /** Debian's is of a version that writes the indexes of messages without zigzag. */
  @Test
  void givenConfluentsForPythonWhenMessagesAreWrittenThenTheyAreRead() throws Exception {
    Programs python = programs("python");
    assumeTrue(
        python.works(Programs.PYTHON, "-c", "import confluent_kafka, google.protobuf, requests"),
        "Python's confluent_kafka, protobuf and requests are not installed");
    protoc(python, "--python_out=.");

    String program = PROGRAMS.resolve("confluent.py").toString();
    assertAreRead(python.run(Programs.PYTHON, program, registry.url("ccompat/v7")), 2);
  }

  @Test
  void givenConfluentsForNodeWhenMessagesAreWrittenThenTheyAreRead() throws Exception {
    Programs node = programs("node");
    assumeTrue(node.works("node", "--version"), "Node is not installed");
    String[] install = {"npm", "install", "--no-save", "--ignore-scripts", CONFLUENT_FOR_NODE};
    assumeTrue(node.works(install), "npm can't install " + CONFLUENT_FOR_NODE);
    protoc(node, "--include_imports", "--descriptor_set_out=descriptors");
    // Node looks for modules beside the program.
    Path program = TOOLS.resolve("node").resolve("confluent.mjs");
    Files.write(program, Files.readAllBytes(PROGRAMS.resolve("confluent.mjs")));

    String written =
        node.run("node", program.toString(), "descriptors", registry.url("ccompat/v7"));
    assertAreRead(written, 4);
  }

  private static void assertAreRead(String written, int lines) {
    assertThat(written.lines()).hasSize(lines).allSatisfy(RegistryIT::assertIsRead);
  }

  private static void assertIsRead(String line) throws BadRecordException {
    String[] parts = line.split(",", -1);
    Headers headers = SchemaFrameTest.headers(parts[1]);
    byte[] value = SchemaFrameTest.bytes(parts[2]);
    if (parts[0].equals("labels")) {
      assertThat(SchemaFrameTest.readLabels(headers, value).labels().batchId()).isEqualTo("b");
    } else {
      assertThat(SchemaFrameTest.read(headers, value)).isEqualTo(SchemaFrameTest.BATCH);
    }
  }

  /**
   * Runs {@code Apicurio}. Our messages and the Protobuf that they are generated for come first.
   */
  private static String apicurio(String... arguments) throws Exception {
    Path classPath = TOOLS.resolve("classpath");
    if (!Files.exists(classPath)) {
      Files.write(TOOLS.resolve("pom.xml"), Files.readAllBytes(PROGRAMS.resolve("pom.xml")));
      Path asked = TOOLS.resolve("classpath.new");
      Maven.run(
          TOOLS,
          "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath",
          "-DincludeScope=runtime",
          "-Dmdep.outputFile=" + asked);
      Files.move(asked, classPath);
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    command.add(
        String.join(
            File.pathSeparator,
            place(ImageBatch.class),
            place(ByteString.class),
            Files.readString(classPath)));
    command.add(PROGRAMS.resolve("Apicurio.java").toString());
    command.addAll(Arrays.asList(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String written = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return written;
  }

  private static String place(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }

  private static Programs programs(String name) throws Exception {
    Programs programs = new Programs(Files.createDirectories(TOOLS.resolve(name)), Map.of());
    assumeTrue(programs.works("protoc", "--version"), "protoc is not installed");
    return programs;
  }

  private static void protoc(Programs programs, String... out) throws Exception {
    List<String> command = new ArrayList<>(List.of("protoc"));
    command.add("-I" + Path.of("src", "main", "proto").toAbsolutePath());
    command.addAll(Arrays.asList(out));
    command.add("streamgrad/v1/streamgrad.proto");
    programs.run(command.toArray(String[]::new));
  }
}
