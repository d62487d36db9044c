package io.streamgrad.cli;

import io.streamgrad.v1.Command.Kind;
import picocli.CommandLine.Command;

/** Has a paused model learn again. */
@Command(
    name = "resume",
    description = "Has a paused model learn again.",
    exitCodeList = {
      "0:done, or would be",
      "1:failed, with the reason on stderr; it may still be done later",
      "2:wrong arguments",
      "3:refused, or would be"
    })
final class ModelResumeCommand extends SteeringCommand {
  @Override
  io.streamgrad.v1.Command.Builder command() {
    return io.streamgrad.v1.Command.newBuilder().setKind(Kind.RESUME);
  }
}
