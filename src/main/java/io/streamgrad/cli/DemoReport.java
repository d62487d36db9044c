package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** How a demo's figures are shown to a person, and what that person may type next. */
final class DemoReport {
  private DemoReport() {}

  /** The figures, class by class too. */
  static String figures(DemoSummary summary) {
    String classes =
        summary.byClass().stream()
            .map(
                row ->
                    String.format(
                        Locale.ROOT,
                        "  %5d  %,8d  %8.2f%%  %6.2f%%%n",
                        row.label(),
                        row.images(),
                        100 * row.precision(),
                        100 * row.recall()))
            .collect(Collectors.joining());
    return String.format(
        Locale.ROOT,
        """

        Learned from %,d images in %,d batches, %,.0f images a second, exactly once.
          prequential accuracy  %.2f%%  (each image predicted before it was learned from)
          held-out accuracy     %.2f%%  (test images, predicted and not learned from)
          weights SHA-256       %s

          class    images  precision   recall  (of the test images)
        %s\
        """,
        summary.images(),
        summary.batches(),
        summary.imagesPerSecond(),
        100 * summary.prequentialAccuracy(),
        100 * summary.heldOutAccuracy(),
        summary.weightsSha256(),
        classes);
  }

  /** Where everything is. */
  static String places(ServiceConfig config, String server, Path dataDir, URI page) {
    return String.format(
        Locale.ROOT,
        """

          page        %s
          Kafka       %s, data in %s
          topics      %s --> %s, %s, %s
          metrics     %s
        """,
        page,
        server,
        dataDir,
        config.topics().images(),
        config.topics().predictions(),
        config.topics().metrics(),
        config.topics().deadLetters(),
        page.resolve("/metrics"));
  }

  /** A command of this program as it would be typed into a shell. */
  static String command(List<String> arguments) {
    return System.getProperty("streamgrad.command", "streamgrad") // the launcher's name for itself
        + arguments.stream()
            .map(
                word ->
                    word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'")
            .map(word -> " " + word)
            .collect(Collectors.joining());
  }
}
