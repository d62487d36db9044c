package io.streamgrad;

import io.streamgrad.cli.StreamgradCommand;

/** Entry point of every command. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    System.exit(StreamgradCommand.run(args));
  }
}
