package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.kernel.Kernels;
import java.util.Map;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;

/** Runs the microservice until it is told to stop. */
@Command(
    name = "serve",
    description = "Runs the learner against a Kafka cluster, until it is told to stop.")
final class ServeCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

  @Mixin private ConfigOptions options;

  @Override
  public Integer call() throws InterruptedException {
    ServiceConfig config = options.load(Map.of());
    try (Shutdown shutdown = new Shutdown();
        Service service = Service.open(config)) {
      shutdown.onSignal(service::stop);
      LOG.info("answering at {}, health alone at {}", service.uri(), service.healthUri());
      service.begin();
      if (service.isRunning()) {
        LOG.info("serving {} at {}", config.applicationId(), service.uri());
        LOG.info("kernel: {}", Kernels.describe());
      }
      service.awaitStopped();
    }
    return ExitCode.OK;
  }
}
