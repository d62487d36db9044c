package io.streamgrad.cli;

import io.streamgrad.v1.Command.Kind;
import picocli.CommandLine.Command;

/** Has a follower and its leader change places. */
@Command(
    name = "promote",
    description =
        "Has a follower and the model that it follows change places: each goes on under the other's"
            + " name, with its weights, score and settings. What was before is kept as a snapshot"
            + " of both.",
    exitCodeList = {
      "0:done, or would be",
      "1:failed, with the reason on stderr; it may still be done later",
      "2:wrong arguments",
      "3:refused, or would be"
    })
final class ModelPromoteCommand extends SteeringCommand {
  @Override
  io.streamgrad.v1.Command.Builder command() {
    return io.streamgrad.v1.Command.newBuilder().setKind(Kind.PROMOTE);
  }
}
