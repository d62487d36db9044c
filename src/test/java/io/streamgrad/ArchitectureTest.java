package io.streamgrad;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The packages, and what each may use; ARCHITECTURE.md shows the same table. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.streamgrad");

  private static final Map<String, Set<String>> MAY_USE =
      new TreeMap<>(
          Map.of(
              "config", Set.of(),
              "dataset", Set.of("learner"),
              "embedded", Set.of(),
              "serving", Set.of(),
              "learner", Set.of("config"),
              "metrics", Set.of("learner"),
              "store", Set.of("learner"),
              "wire", Set.of("config", "learner", "v1"),
              "topology", Set.of("config", "learner", "metrics", "store", "wire", "v1"),
              "verify", Set.of("config", "learner", "store", "wire", "v1")));

  @TestFactory
  Iterable<DynamicTest> aPackageHoldsClassesAndUsesOnlyWhatItMay() {
    return MAY_USE.entrySet().stream()
        .map(rule -> DynamicTest.dynamicTest(rule.getKey(), () -> check(rule)))
        .toList();
  }

  private static void check(Map.Entry<String, Set<String>> rule) {
    String name = "io.streamgrad." + rule.getKey();
    assertThat(CLASSES.stream().filter(c -> c.getPackageName().equals(name))).isNotEmpty();
    String[] allowed =
        java.util.stream.Stream.concat(
                java.util.stream.Stream.of(name),
                rule.getValue().stream().map(other -> "io.streamgrad." + other))
            .toArray(String[]::new);
    classes()
        .that()
        .resideInAPackage(name)
        .should()
        .onlyDependOnClassesThat(
            resideOutsideOfPackage("io.streamgrad..").or(resideInAPackages(allowed)))
        .check(CLASSES);
  }

  private static com.tngtech.archunit.base.DescribedPredicate<
          com.tngtech.archunit.core.domain.JavaClass>
      resideInAPackages(String... names) {
    return Arrays.stream(names)
        .map(name -> resideInAPackage(name))
        .reduce((a, b) -> a.or(b))
        .orElseThrow();
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.streamgrad.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void theLearnerKnowsNeitherKafkaNorTheClock() {
    noClasses()
        .that()
        .resideInAPackage("io.streamgrad.learner")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.kafka..",
            "java.time..",
            "java.io..",
            "java.nio.file..",
            "java.nio.channels..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("io.streamgrad.learner")
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .check(CLASSES);
  }

  @Test
  void theOracleKnowsNoKafkaStreams() {
    noClasses()
        .that()
        .resideInAPackage("io.streamgrad.verify")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.kafka.streams..")
        .check(CLASSES);
  }

  @Test
  void onlyTheEmbeddedBrokerKnowsKafkasServer() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.streamgrad.embedded")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("kafka..", "org.apache.kafka.server..", "org.apache.kafka.metadata..")
        .check(CLASSES);
  }
}
