package io.streamgrad.cli;

import picocli.CommandLine.IVersionProvider;

/** The version, from the jar's manifest. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {
      "streamgrad " + (version == null ? "(not packaged)" : version), "Java " + Runtime.version()
    };
  }
}
