package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares the service's work with a plain learner's. */
@Command(
    name = "verify",
    description =
        "Learns the committed input again, without Kafka Streams, and compares every prediction,"
            + " every dead letter and the stored weights bit for bit; while the service runs or"
            + " not.",
    exitCodeList = {
      "0:all agrees",
      "1:failed, with the reason on stderr",
      "2:wrong arguments",
      "3:something disagrees, a line each for the first 20 of a kind, then how many there are"
    })
final class VerifyCommand implements Callable<Integer> {
  private static final int DISAGREES = 3;

  @Spec private CommandSpec spec;

  @Mixin private ConfigOptions options;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "The model to look at (default: all, and the bad records of none).")
  private @Nullable String model;

  @Option(
      names = "--until",
      paramLabel = "OFFSET",
      defaultValue = "9223372036854775807",
      showDefaultValue = Visibility.NEVER,
      description = "The last input offset to look at (default: all that is committed).")
  private long until;

  @Override
  public Integer call() throws InterruptedException {
    Arguments.require(spec, until >= 0, "--until", until, "0 or above");
    if (model != null) {
      Arguments.requireModelName(spec, "--model", model);
    }
    ServiceConfig config = options.load();
    Brokers.requireOne(config);
    VerificationReport report = Verifier.verify(config, new Verifier.Scope(model, until));
    report.disagreements().forEach(line -> System.out.println(Printable.line(line.toString())));
    report.totals().forEach(line -> System.out.println(Printable.line(line)));
    report.notes().forEach(note -> System.out.println(Printable.line("note: " + note)));
    System.out.println(Printable.line(report.summary()));
    return report.agrees() ? ExitCode.OK : DISAGREES;
  }
}
