package io.streamgrad.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;

/** A scrape as a test reads it. */
record Scrape(String text) {
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"");

  /** One series' line. */
  record Series(String name, List<String> labels) {}

  /** The value of the one series that is written like this, labels in alphabetical order. */
  double value(String series) {
    List<String> lines = text.lines().filter(line -> line.startsWith(series + " ")).toList();
    assertThat(lines).as(series).hasSize(1);
    return Double.parseDouble(lines.get(0).substring(series.length() + 1));
  }

  /** All series whose name begins like this. */
  List<Series> series(String prefix) {
    return text.lines().filter(line -> line.startsWith(prefix)).map(Scrape::parse).toList();
  }

  /** The text of a metadata line (HELP or TYPE) of this family; empty without one. */
  String metadata(String kind, String family) {
    String start = "# " + kind + " " + family + " ";
    return text.lines()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()))
        .findFirst()
        .orElse("");
  }

  private static Series parse(String line) {
    String series = line.substring(0, line.lastIndexOf(' '));
    int brace = series.indexOf('{');
    return brace < 0
        ? new Series(series, List.of())
        : new Series(
            series.substring(0, brace),
            LABEL.matcher(series).results().map(match -> match.group(1)).toList());
  }
}
