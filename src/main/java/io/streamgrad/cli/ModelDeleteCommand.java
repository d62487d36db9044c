package io.streamgrad.cli;

import io.streamgrad.v1.Command.Kind;
import picocli.CommandLine.Command;

/** Forgets a model. */
@Command(
    name = "delete",
    description =
        "Forgets a model with all of its snapshots. A later batch of this name begins a new one.",
    exitCodeList = {
      "0:done, or would be",
      "1:failed, with the reason on stderr; it may still be done later",
      "2:wrong arguments",
      "3:refused, or would be"
    })
final class ModelDeleteCommand extends SteeringCommand {
  @Override
  io.streamgrad.v1.Command.Builder command() {
    return io.streamgrad.v1.Command.newBuilder().setKind(Kind.DELETE);
  }
}
