package io.streamgrad.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.ScoreSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Holds the scrape of a service that has done everything once against the list of meters. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MetersTest {
  private static final ServiceConfig CONFIG =
      ConfigLoader.load(null, Map.of(), Map.of("topics.labels", "streamgrad.labels"));

  private final ServiceMetrics metrics = new ServiceMetrics(CONFIG, List.of("undecodable"));
  private Path directory;
  private StreamsWithMeters streams;
  private Scrape scrape;

  @BeforeAll
  void scrapeAServiceThatHasDoneEverythingOnce(@TempDir Path temporary) {
    directory = temporary;
    streams = new StreamsWithMeters(directory.resolve("state"));
    metrics.bindReadiness(() -> true);
    metrics.bindBehind(() -> 7);
    metrics.lags(Map.of(new TopicPartition("streamgrad.images", 0), 3L));
    metrics.bindKafka(streams);
    ScoreSnapshot score = new ScoreSnapshot(10, 1, 7, 5, new long[] {4, 1, 2, 3});
    ModelStatus.Window window = new ModelStatus.Window(score, 1000);
    metrics.report(new ModelStatus("mnist", 1, window, score, 10, 1, 2, 7, 0.1, 1, false));
    metrics.stepped(60_000);
    metrics.predictedAfter(12);
    metrics.predictedUnlabeled("mnist", 64);
    metrics.deadLetter("undecodable");
    System.gc();
    scrape = // the JVM tells of a pause in a thread of its own
        await()
            .until(
                () -> new Scrape(metrics.scrape()),
                scraped -> !scraped.series("jvm_gc_pause_seconds").isEmpty());
  }

  @AfterAll
  void close() {
    metrics.close();
    streams.close();
  }

  @Test
  void givenAllMetersWhenScrapedThenEachHasExactlyTheSeriesItDeclares() {
    Set<String> declared =
        Arrays.stream(Meters.values())
            .flatMap(meter -> meter.series().stream())
            .collect(Collectors.toCollection(TreeSet::new));

    Set<String> scraped =
        scrape.series("streamgrad_").stream()
            .map(Scrape.Series::name)
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(scraped).isEqualTo(declared);
  }

  @Test
  void givenAllMetersWhenScrapedThenEachHasTheLabelsTypeAndHelpItDeclares() {
    assertThat(Meters.values())
        .allSatisfy(
            meter -> {
              assertThat(scrape.metadata("TYPE", meter.id()))
                  .isEqualTo(meter.kind().name().toLowerCase(Locale.ROOT));
              assertThat(scrape.metadata("HELP", meter.id())).isEqualTo(meter.help());
              assertThat(scrape.series(meter.id()))
                  .isNotEmpty()
                  .allSatisfy(
                      series -> assertThat(labels(series)).hasSameElementsAs(meter.labels()));
            });
  }

  @Test
  void givenAllMetersWhenNamedThenTheNameTellsTheUnitAndOnlyCountersAreTotals() {
    assertThat(Meters.values())
        .allSatisfy(
            meter -> {
              boolean counter = meter.kind() == Meters.Kind.COUNTER;
              String unit = meter.unit().isEmpty() ? "" : "_" + meter.unit();
              assertThat(meter.id()).endsWith(unit + (counter ? "_total" : ""));
              assertThat(meter.id().endsWith("_total")).isEqualTo(counter);
            });
  }

  @Test
  void givenOtherPeoplesMetersWhenScrapedThenTheJvmTheProcessAndKafkaAreThere() {
    assertThat(
            List.of(
                "jvm_memory_used_bytes",
                "jvm_gc_pause_seconds",
                "jvm_threads_live_threads",
                "jvm_classes_loaded_classes",
                "process_cpu_usage",
                "process_uptime_seconds",
                "process_files_open_files",
                "kafka_stream_task_process_total",
                "kafka_stream_thread_",
                "kafka_consumer_connections",
                "kafka_producer_txn_commit_time_seconds_total"))
        .allSatisfy(name -> assertThat(scrape.series(name)).as(name).isNotEmpty());
  }

  @Test
  void givenKafkaMetersInNanosecondsAndMillisecondsWhenScrapedThenTheirValuesAreSeconds() {
    double start = scrape.value(only("kafka_app_info_start_time_seconds"));
    double cpu = scrape.value("process_cpu_time_seconds_total");

    double now = System.currentTimeMillis() / 1000.0;
    assertThat(start).isBetween(now - 3600, now);
    assertThat(cpu).isBetween(0.01, 3600.0);
    assertThat(scrape.metadata("HELP", "kafka_producer_txn_commit_time_seconds_total"))
        .contains("seconds")
        .doesNotContain("nano");
  }

  @Test
  void givenTheWholeScrapeWhenPromtoolIsInstalledThenItFindsNothingToSay()
      throws IOException, InterruptedException {
    Path input = Files.writeString(directory.resolve("scrape.txt"), scrape.text());
    Path output = directory.resolve("promtool.txt");

    int exit = promtool(input, output).waitFor();

    assertThat(Files.readString(output, UTF_8)).isEmpty();
    assertThat(exit).isZero();
  }

  @Test
  void givenStreamsAreBoundWhenClosedThenTheBindersThreadEnds() {
    ServiceMetrics other = new ServiceMetrics(CONFIG, List.of());
    Set<Thread> before = binderThreads();
    other.bindKafka(streams);
    Set<Thread> its = binderThreads();
    its.removeAll(before);
    assertThat(its).hasSize(1);

    other.close();

    await().atMost(Duration.ofSeconds(10)).until(() -> its.stream().noneMatch(Thread::isAlive));
  }

  private static Process promtool(Path input, Path output) {
    try {
      return new ProcessBuilder("promtool", "check", "metrics")
          .redirectInput(input.toFile())
          .redirectOutput(output.toFile())
          .redirectErrorStream(true)
          .start();
    } catch (IOException e) {
      return abort("promtool is not installed (Debian: package prometheus): " + e.getMessage());
    }
  }

  /** The series of this name, of which there must be one only, with its labels. */
  private String only(String name) {
    List<String> lines = scrape.text().lines().filter(line -> line.startsWith(name)).toList();
    assertThat(lines).as(name).hasSize(1);
    return lines.get(0).substring(0, lines.get(0).lastIndexOf(' '));
  }

  private static List<String> labels(Scrape.Series series) {
    return series.labels().stream().filter(label -> !label.equals("le")).toList();
  }

  private static Set<Thread> binderThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("kafka-meters"))
        .collect(Collectors.toSet());
  }
}
