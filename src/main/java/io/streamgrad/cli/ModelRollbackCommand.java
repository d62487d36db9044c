package io.streamgrad.cli;

import io.streamgrad.v1.Command.Kind;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Has a model go back to a snapshot. */
@Command(
    name = "rollback",
    description = "Has a model go back to a snapshot. What was before is kept as one.",
    exitCodeList = {
      "0:done, or would be",
      "1:failed, with the reason on stderr; it may still be done later",
      "2:wrong arguments",
      "3:refused, or would be"
    })
final class ModelRollbackCommand extends SteeringCommand {
  @Option(
      names = "--to",
      paramLabel = "TAG",
      required = true,
      description = "The snapshot; \"streamgrad model show\" lists them.")
  private String tag;

  @Override
  io.streamgrad.v1.Command.Builder command() {
    return io.streamgrad.v1.Command.newBuilder().setKind(Kind.ROLLBACK).setTag(tag);
  }
}
