package io.streamgrad.cli;

import io.streamgrad.embedded.EmbeddedBroker;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs a broker until it is told to stop. */
@Command(
    name = "broker",
    description = "Runs a real Kafka broker in this process, for trying things without Docker.")
final class BrokerCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      required = true,
      description = "Where the broker keeps its data; made if missing, continued if not.")
  private Path dataDir;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "9092",
      description = "Port on 127.0.0.1; 0 for a free one (default: ${DEFAULT-VALUE}).")
  private int port;

  @Override
  public Integer call() {
    Arguments.requirePort(spec, "--port", port);
    try (Shutdown shutdown = new Shutdown();
        EmbeddedBroker broker = EmbeddedBroker.start(dataDir, port)) {
      System.out.println("Kafka at " + broker.bootstrapServers() + ", data in " + dataDir);
      shutdown.await();
    }
    return ExitCode.OK;
  }
}
