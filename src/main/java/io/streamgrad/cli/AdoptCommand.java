package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.adopt.Adoptions;
import io.streamgrad.streams.adopt.Adoptions.ContinueAt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Brings weights and input of a stopped service together. */
@Command(
    name = "adopt",
    description = {
      "Says whether the weights of a stopped service belong to its input and its group's offsets,"
          + " and lets it go on knowingly where they do not.",
      "Without --continue-at nothing is changed."
    },
    exitCodeList = {
      "0:nothing is wrong, or the service can go on now",
      "1:failed, with the reason on stderr",
      "2:wrong arguments",
      "3:something is wrong, a line for each partition, and nothing was changed"
    })
final class AdoptCommand implements Callable<Integer> {
  private static final int WRONG = 3;

  @Mixin private ConfigOptions options;

  @Option(
      names = "--continue-at",
      paramLabel = "weights|offset",
      description = {
        "weights: the group goes on where the weights are; no batch is lost or learned twice.",
        "offset: the weights go on at the group's offset, or at the log's start where that is not"
            + " in it; the output says so for good."
      })
  private @Nullable ContinueAt continueAt;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Why, to be kept with the trace.")
  private String reason;

  @Option(names = "--dry-run", description = "Says what would be done, and does not do it.")
  private boolean dryRun;

  @Override
  public Integer call() throws InterruptedException {
    ServiceConfig config = options.load();
    Brokers.requireOne(config);
    try (Adoptions adoptions = new Adoptions(config)) {
      adoptions.descriptions().forEach(line -> System.out.println(Printable.line(line)));
      if (adoptions.isNothingWrong()) {
        return ExitCode.OK;
      }
      if (continueAt == null) {
        return WRONG;
      }
      adoptions.plan(continueAt).forEach(System.out::println);
      if (dryRun) {
        System.out.println("nothing was changed");
        return WRONG;
      }
      adoptions.adopt(continueAt, reason);
      System.out.println("done: the service can be started");
      return ExitCode.OK;
    }
  }
}
