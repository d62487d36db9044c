package io.streamgrad.cli;

import io.streamgrad.v1.Command.Kind;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Keeps a model as it is. */
@Command(
    name = "snapshot",
    description = "Keeps a model as it is under a tag, to go back to.",
    exitCodeList = {
      "0:done, or would be",
      "1:failed, with the reason on stderr; it may still be done later",
      "2:wrong arguments",
      "3:refused, or would be"
    })
final class ModelSnapshotCommand extends SteeringCommand {
  @Option(
      names = "--as",
      paramLabel = "TAG",
      required = true,
      description = "1 to 64 letters, digits, '.', '_' and '-'.")
  private String tag;

  @Override
  io.streamgrad.v1.Command.Builder command() {
    return io.streamgrad.v1.Command.newBuilder().setKind(Kind.SNAPSHOT).setTag(tag);
  }
}
