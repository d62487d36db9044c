package io.streamgrad.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Writes docs/RELIABILITY.md from the rows of a run; the profile chaos does, when all of it has
 * passed. A table of which the run has no row stays as it is, with the machine that it was measured
 * on: so a part of the tests can be run again, all tests of a table together.
 */
public final class ReliabilityReport {
  private static final Path PAGE = Path.of("docs", "RELIABILITY.md");

  private static final String INTRODUCTION =
      """
      # Reliability

      Written by `mvn verify -Pchaos`, when all of it has passed; `-Dit.test=...` with it runs some of the
      tests, and writes their tables. Short forms of them run in every `mvn verify`; a table that is from these says
      so. Those that kill, freeze
      and cut off are in [src/test/java/io/streamgrad/chaos](../src/test/java/io/streamgrad/chaos): broker,
      producers and every instance of the service are processes there, on one machine. The others are beside
      what they try, with a broker in the test's own process.
      """;

  private static final String MACHINE = "\nMachine: %s, %d cores, %s (%s)%s\n";

  private static final String UNFINISHED =
      """
      Each row is a whole stream that ends with `streamgrad verify`: each batch has one prediction, made by
      the weights that it names, and the stored weights are bit for bit those of a learner that never
      stopped. A row counts only if batches were waiting whenever the fault struck; *unfinished* is how
      many, in all.
      """;

  private static final String AGED =
      """
      The time from a kill to the next prediction, as above, with a young changelog and with one of some age:
      three models of the default shape get 37 batches of 16 images a second together. The rows are to be compared
      with each other: what else the machine does makes both longer.
      """;

  private static final String GOALS =
      """
      From the signal to the owner of a partition until a read_committed consumer gets the next prediction
      of that partition, while batches keep coming. Two instances; the goals are for the settings that the
      service has by default. Why it has those:
      [decision 10](decisions/0010-who-takes-over-ends-what-was-left-open.md).
      """;

  private static final String WITHOUT_A_BROKER =
      """
      One of three brokers goes, and another has to take its part, while 1,000 images a second keep coming:
      how long until the service has committed all that had come when the part was taken over. A frozen
      broker holds its connections, so that each client has to give it up after its request timeout.
      """;

  private static final String WRONG =
      """
      Odd records, odd settings, and stops at odd moments: none of them may stop the service for good, lose
      a record, or change what is learned without a word.
      """;

  private static final String BROKEN =
      """
      The same service, broken in one way, in the same streams: what the oracle says of it.
      """;

  private static final Map<Reliability.Table, String> SECTIONS =
      new EnumMap<>(
          Map.of(
              Reliability.Table.FAULTS, "## Faults\n\n" + UNFINISHED,
              Reliability.Table.FAILOVER, "## Failing over\n\n" + GOALS,
              Reliability.Table.AGED, "## Failing over with a changelog of some age\n\n" + AGED,
              Reliability.Table.BROKERS, "## Without a broker\n\n" + WITHOUT_A_BROKER,
              Reliability.Table.KINDS, "## Sent, stopped or set up wrongly\n\n" + WRONG,
              Reliability.Table.MUTATIONS, "## Broken on purpose\n\n" + BROKEN));

  private ReliabilityReport() {}

  /** Writes the page; there must have been a run. */
  public static void main(String[] arguments) throws IOException {
    List<JsonNode> rows = Reliability.rows();
    String before = Files.exists(PAGE) ? Files.readString(PAGE) : "";
    StringBuilder page = new StringBuilder(INTRODUCTION);
    for (Map.Entry<Reliability.Table, String> section : SECTIONS.entrySet()) {
      page.append('\n');
      if (rows.stream().anyMatch(row -> isOf(section.getKey(), row))) {
        page.append(section.getValue()).append(machine()).append(table(section.getKey(), rows));
      } else {
        page.append(section(before, section.getValue().lines().findFirst().orElseThrow()));
      }
    }
    Files.writeString(PAGE, page.toString());
  }

  /** What stands under a heading; a note that it was not measured if there is no such heading. */
  private static String section(String page, String heading) {
    int start = page.indexOf(heading + "\n");
    if (start < 0) {
      return heading + "\n\nNot measured yet.\n";
    }
    int end = page.indexOf("\n## ", start);
    return page.substring(start, end < 0 ? page.length() : end);
  }

  private static boolean isOf(Reliability.Table table, JsonNode row) {
    return row.get("table").asText().equals(table.name());
  }

  private static String machine() throws IOException {
    return MACHINE.formatted(
        processor(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.runtime.name"),
        System.getProperty("java.runtime.version"),
        Form.LONG ? "" : "; short forms, as in every build");
  }

  private static String table(Reliability.Table table, List<JsonNode> rows) {
    List<String> lines = new ArrayList<>();
    lines.add(line(table.columns()));
    lines.add(line(table.columns().stream().map(column -> "---").toList()));
    rows.stream()
        .filter(row -> isOf(table, row))
        .map(
            row ->
                StreamSupport.stream(row.get("cells").spliterator(), false).map(JsonNode::asText))
        .map(cells -> line(cells.map(cell -> cell.replace("|", "\\|")).toList()))
        .forEach(lines::add);
    return "\n" + String.join("\n", lines) + "\n";
  }

  private static String line(List<String> cells) {
    return cells.stream().collect(Collectors.joining(" | ", "| ", " |"));
  }

  private static String processor() throws IOException {
    Path info = Path.of("/proc/cpuinfo");
    String unknown = System.getProperty("os.arch");
    if (!Files.exists(info)) {
      return unknown;
    }
    return Files.readAllLines(info).stream()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst()
        .orElse(unknown);
  }
}
