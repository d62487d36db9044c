package io.streamgrad.chaos;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.streamgrad.Programs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Streamgrad as it was at a commit, built from it. */
final class EarlierBuild {
  private static final Path BUILDS = Path.of("target", "builds").toAbsolutePath();

  private EarlierBuild() {}

  /**
   * Its jar, with its libraries beside it; built once, until target is removed. The test is skipped
   * where the sources are no clone with this commit, or Maven can't build them.
   */
  static Path jar(String commit) throws Exception {
    Path sources = Files.createDirectories(BUILDS.resolve(commit));
    Path jar = sources.resolve("target").resolve("streamgrad.jar");
    if (!Files.exists(jar)) {
      Programs programs = new Programs(sources, Map.of());
      String clone = Path.of("").toAbsolutePath().toString();
      assumeTrue(
          programs.works("git", "-C", clone, "archive", "-o", sources + "/sources.tar", commit),
          "no clone with the commit " + commit);
      programs.run("tar", "-xf", "sources.tar");
      Maven.run(
          sources,
          "-Dmaven.test.skip=true",
          "-Dspotless.check.skip=true",
          "-Dcyclonedx.skip=true",
          "package");
    }
    return jar;
  }
}
