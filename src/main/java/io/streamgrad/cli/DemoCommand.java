package io.streamgrad.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.ImageDataset;
import io.streamgrad.dataset.Split;
import io.streamgrad.embedded.EmbeddedBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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
      defaultValue = "8080",
      description = "Port of /metrics on 127.0.0.1; 0 for a free one (default: ${DEFAULT-VALUE}).")
  private int metricsPort;

  @Option(
      names = "--summary",
      paramLabel = "FILE",
      description = "Write the summary there, as JSON.")
  private @Nullable Path summaryFile;

  @Option(names = "--exit", description = "End after the summary, instead of staying up.")
  private boolean exit;

  @Override
  public Integer call() throws Exception {
    Arguments.require(spec, epochs >= 1, "--epochs", epochs, "1 or above");
    Arguments.require(spec, batchSize >= 1, "--batch-size", batchSize, "1 or above");
    Arguments.requirePort(spec, "--port", port);
    Arguments.requirePort(spec, "--metrics-port", metricsPort);
    ImageDataset training = dataset.read(Split.TRAIN);
    ImageDataset test = dataset.read(Split.TEST);
    Batches batches = Batches.of(training, batchSize).repeat(epochs);
    try (Shutdown shutdown = new Shutdown();
        EmbeddedBroker broker = EmbeddedBroker.start(dataDir.resolve("kafka"), port)) {
      ServiceConfig config = options.load(settings(broker.bootstrapServers(), training));
      int largest = config.model(MODEL).maxBatchSize();
      Arguments.require(
          spec,
          batchSize <= largest,
          "--batch-size",
          batchSize,
          "at most model.max-batch-size, which is " + largest);
      try (Service service = Service.open(config)) {
        shutdown.onSignal(service::stop);
        service.begin();
        if (service.isRunning()) {
          show(service, config, broker, batches, test);
        }
      } catch (ServiceStoppedException e) {
        if (!shutdown.isRequested()) {
          throw e;
        }
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
      throws Exception {
    Demo demo = new Demo(config, MODEL, service::isRunning);
    boolean terminal = Boolean.getBoolean("streamgrad.terminal"); // the launcher knows
    DemoSummary summary = demo.run(batches, test, batchSize, terminal);
    print(summary, config, service, broker);
    if (summaryFile != null) {
      write(summary, summaryFile);
    }
    if (!exit) {
      System.out.println("Still serving; stop with Ctrl-C.");
      service.awaitStopped();
    }
  }

  private Map<String, String> settings(String bootstrapServers, ImageDataset training) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("kafka.bootstrap.servers", bootstrapServers);
    settings.put("state-dir", dataDir.resolve("streams").toString());
    settings.put("topics.create", "true");
    settings.put("http.host", LOOPBACK);
    settings.put("http.port", Integer.toString(metricsPort));
    settings.put("http.health-port", "0");
    settings.put("model.layers", "[%d, 10, 10]".formatted(training.height() * training.width()));
    return settings;
  }

  private void print(
      DemoSummary summary, ServiceConfig config, Service service, EmbeddedBroker broker) {
    System.out.printf(
        Locale.ROOT,
        """

        Learned from %,d images in %,d batches, %,.0f images a second, exactly once.
          prequential accuracy  %.2f%%  (each image predicted before it was learned from)
          held-out accuracy     %.2f%%  (test images, predicted and not learned from)
          weights SHA-256       %s

          Kafka       %s, data in %s
          topics      %s --> %s, %s, %s
          metrics     %s

        """,
        summary.images(),
        summary.batches(),
        summary.imagesPerSecond(),
        100 * summary.prequentialAccuracy(),
        100 * summary.heldOutAccuracy(),
        summary.weightsSha256(),
        broker.bootstrapServers(),
        dataDir,
        config.topics().images(),
        config.topics().predictions(),
        config.topics().metrics(),
        config.topics().deadLetters(),
        service.uri().resolve("/metrics"));
  }

  private static void write(DemoSummary summary, Path file) throws IOException {
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(file.toFile(), summary);
  }
}
