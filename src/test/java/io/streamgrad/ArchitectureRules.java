package io.streamgrad;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The rules by which packages use one another, and the table of ARCHITECTURE.md they are from. */
final class ArchitectureRules {
  private static final String ROOT = "io.streamgrad";

  private ArchitectureRules() {}

  /** The table's packages, without the root, and what each may use; null for everything. */
  static Map<String, Set<String>> table() {
    try {
      Map<String, Set<String>> table = new LinkedHashMap<>();
      for (String line : Files.readAllLines(Path.of("ARCHITECTURE.md"))) {
        String[] cells = line.split("\\|", -1);
        if (cells.length == 5 && cells[1].strip().matches("[a-z.0-9]+|\\(root\\)")) {
          String name = cells[1].strip().replace("(root)", "");
          table.put(name, uses(cells[3].strip()));
        }
      }
      table.remove("package"); // the table's head
      return table;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Set<String> uses(String cell) {
    return cell.equals("-")
        ? Set.of()
        : Arrays.stream(cell.split(",", -1)).map(String::strip).collect(Collectors.toSet());
  }

  /** All rules, by what they say. */
  static Map<String, ArchRule> all() {
    Map<String, ArchRule> rules = new LinkedHashMap<>();
    Map<String, Set<String>> table = table();
    rules.put("every package is in the table", inTable(table.keySet()));
    table.forEach(
        (name, uses) -> {
          if (!uses.equals(Set.of("all"))) {
            rules.put("what " + name + " may use", mayUse(name, uses));
          }
        });
    rules.put(
        "packages have no cycles", slices().matching(ROOT + ".(**)").should().beFreeOfCycles());
    rules.put(
        "the ground floor knows neither Kafka nor the clock nor files",
        noClasses()
            .that()
            .resideInAnyPackage(
                in("model"),
                in("kernel"),
                in("learner"),
                in("format.state"),
                in("format.changelog"))
            .should()
            .dependOnClassesThat(
                resideInAnyPackage(
                        "org.apache.kafka..",
                        "java.time..",
                        "java.io..",
                        "java.nio.file..",
                        "java.nio.channels..")
                    .and(not(type(Duration.class)))) // a length, and no clock
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis"));
    rules.put(
        "the oracle reaches no Kafka Streams, not through others either",
        noClasses()
            .that()
            .resideInAPackage(in("verify"))
            .should()
            .transitivelyDependOnClassesThat()
            .resideInAnyPackage("org.apache.kafka.streams.."));
    rules.put(
        "Kafka Streams' internals are known in one package",
        noClasses()
            .that()
            .resideOutsideOfPackage(in("streams.internal"))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.kafka.streams..internals.."));
    rules.put(
        "Kafka's server is known to the embedded broker only",
        noClasses()
            .that()
            .resideOutsideOfPackage(in("embedded"))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "kafka..", "org.apache.kafka.server..", "org.apache.kafka.metadata.."));
    rules.put(
        "Jackson is where configurations are loaded, in the commands, and as a parser and writer in"
            + " wire, inference, page and format.exchange",
        noClasses()
            .that()
            .resideOutsideOfPackages(
                in("config.load"),
                in("cli"),
                in("wire"),
                in("inference"),
                in("page"),
                in("format.exchange"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.fasterxml.jackson.."));
    rules.put(
        "wire, inference, page and format.exchange read and write JSON and bind no objects to it",
        noClasses()
            .that()
            .resideInAnyPackage(in("wire"), in("inference"), in("page"), in("format.exchange"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.fasterxml.jackson.databind.."));
    rules.put(
        "Jetty is known to the server and to those who answer",
        noClasses()
            .that()
            .resideOutsideOfPackages(in("http"), in("serving"), in("inference"), in("page"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.eclipse.jetty.."));
    rules.put(
        "Micrometer is known to the metrics only",
        noClasses()
            .that()
            .resideOutsideOfPackage(in("metrics"))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.micrometer.."));
    return rules;
  }

  private static ArchRule inTable(Set<String> names) {
    Set<String> packages = names.stream().map(ArchitectureRules::in).collect(Collectors.toSet());
    return classes().should().resideInAnyPackage(packages.toArray(String[]::new));
  }

  private static ArchRule mayUse(String name, Set<String> uses) {
    List<String> allowed = new ArrayList<>(uses.stream().map(ArchitectureRules::in).toList());
    allowed.add(in(name));
    DescribedPredicate<JavaClass> isAllowed =
        describe("are in " + allowed, type -> allowed.contains(type.getPackageName()));
    return classes()
        .that()
        .resideInAPackage(in(name))
        .should()
        .onlyDependOnClassesThat(resideOutsideOfPackage(ROOT + "..").or(isAllowed));
  }

  private static String in(String name) {
    return name.isEmpty() ? ROOT : ROOT + "." + name;
  }
}
