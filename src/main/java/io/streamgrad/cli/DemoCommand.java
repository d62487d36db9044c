package io.streamgrad.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.DatasetShift;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.dataset.Split;
import io.streamgrad.embedded.EmbeddedBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The whole thing in one process: a broker, the service, a producer and a consumer. */
@Command(
    name = "demo",
    description =
        "Learns MNIST from a stream: starts a real Kafka broker and the service in this process, "
            + "streams the training images, then tests the model on images it has not seen.")
final class DemoCommand implements Callable<Integer> {
  private static final String MODEL = "mnist";
  private static final int DIGITS = 10;
  private static final String LOOPBACK = "127.0.0.1";

  @Spec private CommandSpec spec;
  @Mixin private ConfigOptions options;
  @Mixin private DatasetOption dataset;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      defaultValue = "streamgrad-data",
      description =
          "Where broker and service keep their data; a second run goes on with the weights it "
              + "finds (default: ${DEFAULT-VALUE}).")
  private Path dataDir;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "1",
      description = "Passes over the training images (default: ${DEFAULT-VALUE}).")
  private int epochs;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "16",
      description = "Images in a batch (default: ${DEFAULT-VALUE}).")
  private int batchSize;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "9092",
      description = "The broker's port on 127.0.0.1; 0 for a free one (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--metrics-port",
      paramLabel = "PORT",
      description = "Port of /metrics on 127.0.0.1; 0 for a free one (default: http.port, 8080).")
  private @Nullable Integer metricsPort;

  @Option(
      names = "--label-delay",
      paramLabel = "IMAGES",
      description =
          "Send the labels to a topic of their own, when so many more images have been sent.")
  private @Nullable Long labelDelay;

  @Option(
      names = "--drift",
      paramLabel = "permute|rotate|classes|recurring",
      description =
          "Let the world change while it learns: every label becomes the next one from the middle"
              + " on (permute) or again and again (recurring), images turn (rotate), or half of the"
              + " classes come later (classes). Learns with settings for that, and keeps its data"
              + " in a directory of its own unless --data-dir is given.")
  private @Nullable DatasetShift drift;

  @Option(
      names = "--summary",
      paramLabel = "FILE",
      description = "Write the summary there, as JSON.")
  private @Nullable Path summaryFile;

  @Option(names = "--exit", description = "End after the summary, instead of staying up.")
  private boolean exit;

  @Override
  public Integer call() throws InterruptedException {
    Arguments.require(spec, epochs >= 1, "--epochs", epochs, "1 or above");
    Arguments.require(spec, batchSize >= 1, "--batch-size", batchSize, "1 or above");
    Arguments.requirePort(spec, "--port", port);
    Arguments.require(
        spec, labelDelay == null || labelDelay >= 0, "--label-delay", labelDelay, "0 or above");
    if (metricsPort != null) {
      Arguments.requirePort(spec, "--metrics-port", metricsPort);
    }
    Arguments.require(
        spec, drift == null || labelDelay == null, "--drift", drift, "without --label-delay");
    Arguments.require(
        spec,
        summaryFile == null || canBeWritten(summaryFile),
        "--summary",
        summaryFile,
        "a file that can be written, in a directory that is there");
    ImageDataset training = dataset.read(Split.TRAIN);
    ImageDataset test = dataset.read(Split.TEST);
    if (drift != null) {
      training = drift.stream(training);
      test = drift.end(test);
      if (!isGiven("--data-dir")) {
        dataDir = dataDir.resolveSibling(dataDir + "-" + drift.name().toLowerCase(Locale.ROOT));
      }
    }
    Batches batches = Batches.of(training, batchSize).repeat(epochs);
    try (Shutdown shutdown = new Shutdown();
        EmbeddedBroker broker = EmbeddedBroker.start(dataDir.resolve("kafka"), port)) {
      ServiceConfig config =
          options.load(defaults(training), givenOptions(broker.bootstrapServers()));
      dataset.requireClasses(training, config.model(MODEL).classes());
      dataset.requireClasses(test, config.model(MODEL).classes());
      int largest = config.model(MODEL).maxBatchSize();
      Arguments.require(
          spec,
          batchSize <= largest,
          "--batch-size",
          batchSize,
          "at most %d, unless model.max-batch-size is raised: -c model.max-batch-size=%d"
              .formatted(largest, batchSize));
      try (Service service = Service.open(config)) {
        shutdown.onSignal(service::stop);
        System.out.printf("See it learn: %s%n%n", service.uri());
        service.begin();
        show(service, config, broker, batches, test);
      }
    }
    return ExitCode.OK;
  }

  private void show(
      Service service,
      ServiceConfig config,
      EmbeddedBroker broker,
      Batches batches,
      ImageDataset test)
      throws InterruptedException {
    try {
      if (!service.isRunning()) {
        throw new ServiceStoppedException();
      }
      DemoDrift drifts = drift == null ? null : new DemoDrift(config.topics().metrics(), MODEL);
      Demo demo = new Demo(config, MODEL, labelDelay, drifts, service::isRunning);
      demo.earlier().lines().forEach(System.out::println);
      DemoSummary summary = demo.run(batches, test, batchSize, DemoProgress.terminal());
      if (summaryFile != null) {
        write(summary, summaryFile);
      }
      System.out.print(DemoReport.figures(summary));
      if (drifts != null) {
        System.out.print(drifts.figures());
      }
      System.out.print(
          DemoReport.places(config, broker.bootstrapServers(), dataDir, service.uri()));
      sayWhatIsNext(broker);
      if (!exit) {
        service.awaitStopped();
      }
    } catch (ServiceStoppedException e) {
      service.awaitStopped(); // throws the error, if there was one
      System.out.println("Stopped; the same command goes on from here.");
    }
  }

  private void sayWhatIsNext(EmbeddedBroker broker) {
    List<String> next = new ArrayList<>();
    if (exit) {
      next.addAll(spec.root().commandLine().getParseResult().originalArgs());
      next.remove("--exit");
    } else {
      next.addAll(List.of("watch", "predictions", "--model", MODEL, "--from-beginning"));
      next.addAll(List.of("--limit", "5", "--bootstrap-server", broker.bootstrapServers()));
    }
    System.out.printf(
        "%n%s%n%n  %s%n%n",
        exit
            ? "Next, to learn on and stay up:"
            : "Still serving; stop with Ctrl-C. Next, in another terminal:",
        DemoReport.command(next));
  }

  /** What a configuration file may say otherwise. */
  private Map<String, String> defaults(ImageDataset training) {
    Map<String, String> defaults = new HashMap<>(drift == null ? Map.of() : DemoDrift.SETTINGS);
    defaults.put("state-dir", stateDir());
    defaults.put("topics.create", "true");
    defaults.put("http.host", LOOPBACK);
    defaults.put("http.health-port", "0");
    defaults.put("topics.labels", labelsTopic());
    defaults.put(
        "model.layers",
        "[%d, 10, %d]"
            .formatted(
                training.height() * training.width() * training.channels(),
                Math.max(DIGITS, training.largestLabel() + 1)));
    return defaults;
  }

  private String labelsTopic() {
    return labelDelay == null ? "" : "streamgrad.labels";
  }

  /** What it may not. */
  private Map<String, String> givenOptions(String bootstrapServers) {
    Map<String, String> given = new LinkedHashMap<>();
    given.put("kafka.bootstrap.servers", bootstrapServers);
    if (isGiven("--data-dir")) {
      given.put("state-dir", stateDir());
    }
    if (metricsPort != null) {
      given.put("http.port", Integer.toString(metricsPort));
    }
    return given;
  }

  private boolean isGiven(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private String stateDir() {
    return dataDir.resolve("streams").toString();
  }

  private static boolean canBeWritten(Path file) {
    Path directory = file.toAbsolutePath().getParent();
    return Files.exists(file)
        ? Files.isRegularFile(file) && Files.isWritable(file)
        : directory != null && Files.isDirectory(directory) && Files.isWritable(directory);
  }

  private static void write(DemoSummary summary, Path file) {
    try {
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(file.toFile(), summary);
    } catch (IOException e) {
      throw new UncheckedIOException("--summary " + file + " can't be written", e);
    }
  }
}
