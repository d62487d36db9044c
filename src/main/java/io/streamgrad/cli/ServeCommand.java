package io.streamgrad.cli;

import io.streamgrad.config.ConfigException;
import io.streamgrad.config.HttpConfig;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.http.HttpSecurity;
import io.streamgrad.kernel.Kernels;
import io.streamgrad.streams.runtime.StartCheck;
import io.streamgrad.streams.settings.Failures;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs the microservice until it is told to stop. */
@Command(
    name = "serve",
    description = "Runs the learner against a Kafka cluster, until it is told to stop.",
    exitCodeList = {
      "0:done; with --check: it can start",
      "1:failed, with the reason on stderr",
      "2:wrong arguments",
      "3:with --check: something does not fit, a line for each"
    })
final class ServeCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

  private static final int DOES_NOT_FIT = 3;

  @Mixin private ConfigOptions options;

  @Option(
      names = "--check",
      description =
          "Says what does not fit of configuration, topics and permissions; starts and changes"
              + " nothing.")
  private boolean check;

  @Override
  public Integer call() throws InterruptedException {
    return check ? check() : serve();
  }

  private int check() throws InterruptedException {
    List<String> problems = problems();
    problems.stream().flatMap(String::lines).map(Printable::line).forEach(System.out::println);
    System.out.println(problems.isEmpty() ? "all fits: the service can start" : "it can't start");
    return problems.isEmpty() ? ExitCode.OK : DOES_NOT_FIT;
  }

  private List<String> problems() throws InterruptedException {
    List<String> problems = new ArrayList<>();
    try {
      ServiceConfig config = options.load();
      HttpConfig http = config.http();
      try {
        HttpSecurity.read(http.tokenFile(), http.keystore(), http.keystorePasswordFile());
      } catch (UncheckedIOException e) {
        problems.add(Failures.message(e));
      }
      problems.addAll(StartCheck.problems(config));
    } catch (ConfigException e) { // nothing is known of where to look further
      problems.add(Failures.message(e));
    }
    return problems;
  }

  private int serve() throws InterruptedException {
    ServiceConfig config = options.load();
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
