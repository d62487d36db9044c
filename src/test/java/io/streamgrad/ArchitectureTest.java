package io.streamgrad;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The packages, and what each may use: the table of ARCHITECTURE.md, and more. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.streamgrad");

  @TempDir private Path directory;

  @TestFactory
  Stream<DynamicTest> theRulesHold() {
    return ArchitectureRules.all().entrySet().stream()
        .map(rule -> DynamicTest.dynamicTest(rule.getKey(), () -> rule.getValue().check(CLASSES)));
  }

  @Test
  void everyPackageOfTheTableHasClasses() {
    Set<String> found =
        CLASSES.stream()
            .map(type -> type.getPackageName().replaceFirst("^io\\.streamgrad\\.?", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(new TreeSet<>(ArchitectureRules.table().keySet())).isEqualTo(found);
  }

  @ParameterizedTest
  @CsvSource({
    "every package is in the table, store.sub, Object",
    "what model may use, model, io.streamgrad.kernel.Kernels",
    "what verify may use, verify, io.streamgrad.store.WeightsStore",
    "what streams.learn may use, streams.learn, io.streamgrad.streams.runtime.StreamsService",
    "packages have no cycles, model, io.streamgrad.learner.Through",
    "the ground floor knows neither Kafka nor the clock nor files, format.changelog,"
        + " org.apache.kafka.common.utils.Bytes",
    "the ground floor knows neither Kafka nor the clock nor files, kernel, java.time.Clock",
    "'the oracle reaches no Kafka Streams, not through others either', recovery,"
        + " org.apache.kafka.streams.KeyValue",
    "Kafka Streams' internals are known in one package, store,"
        + " org.apache.kafka.streams.state.internals.CachedStateStore",
    "Kafka's server is known to the embedded broker only, cli,"
        + " org.apache.kafka.server.common.MetadataVersion",
    "'Jackson is where configurations are loaded, in the commands, and as a parser and writer in"
        + " wire, inference, page and format.exchange', config,"
        + " com.fasterxml.jackson.annotation.JsonProperty",
    "'wire, inference, page and format.exchange read and write JSON and bind no objects to it',"
        + " inference, com.fasterxml.jackson.databind.ObjectMapper",
    "Jetty is known to the server and to those who answer, cli, org.eclipse.jetty.server.Handler",
    "Micrometer is known to the metrics only, streams.learn, io.micrometer.core.instrument.Counter",
  })
  void aClassThatBreaksARuleIsFound(String rule, String packageName, String used)
      throws IOException {
    JavaClasses planted = plant(packageName, used);

    ArchRule violated = Objects.requireNonNull(ArchitectureRules.all().get(rule), rule);
    assertThat(violated.evaluate(planted).hasViolation()).isTrue();
  }

  /** A class of this package that uses another one, and a class that reaches further through it. */
  private JavaClasses plant(String packageName, String used) throws IOException {
    String through = packageName.equals("model") ? "learner" : "verify";
    Path planted = directory.resolve("Planted.java");
    Files.writeString(
        planted,
        "package io.streamgrad.%s; public class Planted { %s used; }".formatted(packageName, used));
    Path other = directory.resolve("Through.java");
    Files.writeString(
        other,
        "package io.streamgrad.%s; public class Through { io.streamgrad.%s.Planted used; }"
            .formatted(through, packageName));
    Path classes = directory.resolve("classes");
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    int errors =
        compiler.run(
            null,
            null,
            null,
            "-d",
            classes.toString(),
            "-cp",
            System.getProperty("java.class.path"),
            planted.toString(),
            other.toString());
    assertThat(errors).isZero();
    return new ClassFileImporter().importPath(classes);
  }
}
