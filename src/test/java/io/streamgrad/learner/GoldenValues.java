package io.streamgrad.learner;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** Numbers of an independent implementation: lines of a series, what each is of, and its value. */
record GoldenValues(Map<String, Double> byName) {
  /** Those of a series in a resource. */
  static GoldenValues of(String resource, String series) throws IOException {
    Map<String, Double> values = new HashMap<>();
    String start = series + ",";
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(GoldenValues.class.getResourceAsStream(resource)),
                StandardCharsets.UTF_8))) {
      in.lines()
          .filter(line -> line.startsWith(start))
          .forEach(
              line -> {
                int value = line.lastIndexOf(',') + 1;
                values.put(
                    line.substring(start.length(), value - 1),
                    Double.valueOf(line.substring(value)));
              });
    }
    return new GoldenValues(values);
  }

  /** The value of this; there must be one. */
  double get(String name) {
    return Objects.requireNonNull(byName.get(name), name);
  }
}
