package io.streamgrad.cli;

import io.streamgrad.streams.settings.Failures;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The top of the commands. */
@Command(
    name = "streamgrad",
    description = "Exactly-once, bit-reproducible online learning on Kafka Streams.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:done", "1:failed, with the reason on stderr", "2:wrong arguments"},
    subcommands = {
      DemoCommand.class,
      ServeCommand.class,
      BrokerCommand.class,
      ProduceCommand.class,
      WatchCommand.class,
      VerifyCommand.class,
      AdoptCommand.class,
      ModelCommand.class,
      TopologyCommand.class
    })
public final class StreamgradCommand implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamgradCommand.class);

  @Spec private CommandSpec spec;

  /** Runs a command line and returns the process's exit code. */
  public static int run(String... args) {
    try {
      LogFormat.chosen();
    } catch (IllegalArgumentException e) {
      System.err.println("streamgrad: " + e.getMessage());
      return CommandLine.ExitCode.USAGE;
    }
    return commandLine().execute(args);
  }

  /** All commands, to be run or only read. */
  static CommandLine commandLine() {
    return new CommandLine(new StreamgradCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(StreamgradCommand::failed);
  }

  /** Says what went wrong in one line; the stack trace is for the log, at debug level. */
  private static int failed(Exception error, CommandLine command, ParseResult parsed) {
    String message =
        Printable.lines(command.getCommandSpec().qualifiedName() + ": " + Failures.message(error));
    if (LogFormat.chosen() == LogFormat.JSON) {
      LOG.error(message); // who asked for JSON reads nothing else on stderr
    } else {
      command.getErr().println(message);
    }
    LOG.debug("{} failed", command.getCommandName(), error);
    return CommandLine.ExitCode.SOFTWARE;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing command");
  }
}
