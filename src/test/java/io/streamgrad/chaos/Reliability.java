package io.streamgrad.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the chaos tests measured, for docs/RELIABILITY.md: a line of JSON for each row in {@code
 * target/chaos/rows.jsonl}, in the order in which they came.
 */
public final class Reliability {
  private static final Path ROWS = Path.of("target", "chaos", "rows.jsonl");

  /** A table of docs/RELIABILITY.md. */
  public enum Table {
    /** Each fault, over a whole stream that ends with the oracle. */
    FAULTS("fault", "seed", "times", "batches", "unfinished when it struck", "oracle"),
    /** From the loss of a partition's owner to the next committed prediction. */
    FAILOVER("how the owner went", "setting", "times", "median, s", "longest, s", "goal, s"),
    /** The same, after some time of steady load. */
    AGED(
        "time of steady load before",
        "the partition's changelog, MB",
        "records of it that were read back",
        "times",
        "median, s",
        "longest, s"),
    /** From the loss of a broker until what was waiting has been learned without it. */
    BROKERS("broker", "until the waiting batches were learned, s"),
    /** What is sent, stopped or set up wrongly, by kind. */
    KINDS("what was sent or done", "seed", "times", "what came of it"),
    /** What was broken on purpose, and what the oracle said. */
    MUTATIONS("broken on purpose", "disagreements", "the first");

    @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
    private final List<String> columns;

    Table(String... columns) {
      this.columns = List.of(columns);
    }

    List<String> columns() {
      return columns;
    }
  }

  private Reliability() {}

  /** Adds a row; a cell for each column. */
  public static synchronized void row(Table table, Object... cells) throws IOException {
    if (cells.length != table.columns().size()) {
      throw new IllegalArgumentException(table + " has the columns " + table.columns());
    }
    Files.createDirectories(ROWS.getParent());
    Files.writeString(
        ROWS,
        new ObjectMapper().writeValueAsString(Map.of("table", table.name(), "cells", cells)) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /** The rows so far: objects with "table" and "cells". */
  static List<JsonNode> rows() throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(ROWS)) {
      rows.add(new ObjectMapper().readTree(line));
    }
    return rows;
  }
}
