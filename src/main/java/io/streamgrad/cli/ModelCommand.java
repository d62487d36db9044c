package io.streamgrad.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The commands about single models. */
@Command(
    name = "model",
    description =
        "Lists, shows and exports the models that a service has stored, while it runs or not; and"
            + " has those of a running service do something (topics.commands).",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ModelListCommand.class,
      ModelShowCommand.class,
      ModelCompareCommand.class,
      ModelExportCommand.class,
      ModelResetCommand.class,
      ModelPauseCommand.class,
      ModelResumeCommand.class,
      ModelSetCommand.class,
      ModelSnapshotCommand.class,
      ModelRollbackCommand.class,
      ModelImportCommand.class,
      ModelForkCommand.class,
      ModelPromoteCommand.class,
      ModelDeleteCommand.class
    })
final class ModelCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing command");
  }
}
