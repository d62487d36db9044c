package io.streamgrad.cli;

import io.streamgrad.v1.Command.Kind;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Changes settings of a model. */
@Command(
    name = "set",
    description = {
      "Has a model learn with other settings from now on. They win over the configuration, also"
          + " after a restart with another one.",
      "KEY= has the configuration's value count again."
    },
    exitCodeList = {
      "0:done, or would be",
      "1:failed, with the reason on stderr; it may still be done later",
      "2:wrong arguments",
      "3:refused, or would be"
    })
final class ModelSetCommand extends SteeringCommand {
  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "KEY=VALUE",
      description =
          "Below \"model\" in the configuration: averaging, max-skipped-in-a-row, learning-rate.*"
              + " and optimizer.*.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Override
  io.streamgrad.v1.Command.Builder command() {
    io.streamgrad.v1.Command.Builder command =
        io.streamgrad.v1.Command.newBuilder().setKind(Kind.SET);
    settings.forEach((key, value) -> command.addSettingsBuilder().setKey(key).setValue(value));
    return command;
  }
}
