package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.streamgrad.config.load.ConfigLoader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script, on JDKs that only say who they are and what they were told to do. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
  private static final String FLAGS_OF_24 = "jvm-24.options";

  @TempDir Path dir;

  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void aJarWithoutSourcesAndAPathWithoutJava() throws IOException {
    Path home = Files.createDirectories(dir.resolve("app"));
    Files.copy(Path.of("streamgrad"), home.resolve("streamgrad"));
    Files.createFile(home.resolve("streamgrad.jar"));
    Path tools = Files.createDirectories(dir.resolve("tools"));
    for (String tool : List.of("readlink", "find", "head", "sed", "tr", "touch")) {
      script("tools/" + tool, "exec " + installed(tool) + " \"$@\"");
    }
    environment.put("PATH", tools.toString());
    environment.put("STREAMGRAD_JDK_PLACES", dir + "/jvm/*");
  }

  @Test
  void givenSeveralJdksWhenRunThenTheNewestMajorVersionIsTaken() throws Exception {
    environment.put("JAVA_HOME", jdk("home", "17.0.15").toString());
    jdk("jvm/b", "21.0.9");
    jdk("jvm/c", "9.0.4");

    assertThat(run().stdout()).startsWith("jvm/b ");
  }

  @Test
  void givenEquallyNewJdksWhenRunThenJavaHomeComesFirstThenPathThenTheRest() throws Exception {
    jdk("jvm/a", "21.0.9");
    assertThat(run().stdout()).startsWith("jvm/a ");

    environment.merge(
        "PATH", jdk("path", "21.0.1").resolve("bin").toString(), (a, b) -> a + ":" + b);
    assertThat(run().stdout()).startsWith("path ");

    environment.put("JAVA_HOME", jdk("home", "21").toString());
    assertThat(run().stdout()).startsWith("home ");
  }

  @Test
  void givenALinkToJavaInPathWhenRunThenTheJdkBehindItIsTaken() throws Exception {
    Path java = jdk("elsewhere", "21.0.1").resolve("bin/java");
    Files.createSymbolicLink(dir.resolve("tools/java"), java);

    assertThat(run().stdout()).startsWith("elsewhere ");
  }

  @Test
  void givenAJdkWithoutReleaseFileWhenRunThenJavaItselfIsAsked() throws Exception {
    Files.delete(jdk("jvm/old", "1.8.0_392").resolve("release"));
    Files.delete(jdk("jvm/new", "21-ea").resolve("release"));

    assertThat(run().stdout()).startsWith("jvm/new ");
  }

  @Test
  void givenOnlyOldJdksWhenRunThenItFailsAndSaysWhatItNeeds() throws Exception {
    jdk("jvm/a", "11.0.2");
    jdk("jvm/b", "1.8.0_392");

    Result result = run();

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.stdout()).isEmpty();
    assertThat(result.stderr())
        .contains("17 or later")
        .contains("none in JAVA_HOME, PATH or STREAMGRAD_JDK_PLACES (" + dir + "/jvm/*).");
  }

  @Test
  void givenNoJdkAndNoPlacesWhenRunThenWhatItSaysIsASentence() throws Exception {
    environment.put("STREAMGRAD_JDK_PLACES", "");
    assertThat(run().stderr()).contains("STREAMGRAD_JDK_PLACES (). Install one");

    environment.remove("STREAMGRAD_JDK_PLACES");
    Path launcher = dir.resolve("app/streamgrad");
    Files.writeString(
        launcher,
        Files.readString(launcher).replaceAll("usual=\"[^\"]*\"", "usual=/none:/neither"));

    assertThat(run().stderr())
        .contains("JAVA_HOME, PATH or the usual places. Install one, e.g. from");
  }

  @Test
  void givenATerminalWhenRunThenTheJvmsFirstWarningIsNotShownAndAllElseIs() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/script")), "util-linux's script makes terminals");
    Path jdk = jdk("jvm/a", "21.0.9");
    script(
        "jvm/a/bin/java",
        "echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2",
        "echo 'an error' >&2",
        "echo 'WARNING: Using incubator modules: another' >&2",
        "printf 'no line' >&2");
    script("tools/cat", "exec " + installed("cat") + " \"$@\"");
    script("tools/grep", "exec " + installed("grep") + " \"$@\"");
    script("tools/bash", "exec " + installed("bash") + " \"$@\"");
    assertThat(jdk).isDirectory();

    assertThat(run().stderr().lines()).hasSize(4);

    script("tools/sh", "exec " + installed("sh") + " \"$@\"");
    Path seen = dir.resolve("seen");
    Process terminal =
        withEnvironment(
                new ProcessBuilder(
                    "/usr/bin/script",
                    "-qefc",
                    "bash %s; until grep -q 'no line' %s; do :; done"
                        .formatted(dir.resolve("app/streamgrad"), seen),
                    seen.toString()))
            .start();
    assertThat(terminal.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(seen).lines().filter(line -> !line.startsWith("Script ")))
        .filteredOn(line -> !line.isBlank())
        .containsExactly("an error", "WARNING: Using incubator modules: another", "no line");
  }

  @Test
  void givenAnyVariableThatItReadsThenTheServiceDoesNotTakeItForAKey() throws Exception {
    Pattern.compile("STREAMGRAD_[A-Z_]+")
        .matcher(Files.readString(Path.of("streamgrad")))
        .results()
        .map(MatchResult::group)
        .distinct()
        .forEach(
            variable ->
                assertThatCode(() -> ConfigLoader.load(null, Map.of(variable, "x"), Map.of()))
                    .as(variable)
                    .doesNotThrowAnyException());
  }

  @Test
  void givenAJdkWhenRunThenItGetsOnlyTheFlagsThatItKnows() throws Exception {
    Path jdk = jdk("jvm/a", "17.0.15");
    assertThat(run().stdout())
        .contains("@" + dir.toRealPath() + "/app/jvm.options")
        .doesNotContain(FLAGS_OF_24);

    release(jdk, "25.0.3", "java.base");
    assertThat(run().stdout()).contains("@" + dir.toRealPath() + "/app/" + FLAGS_OF_24);
  }

  @Test
  void givenArgumentsAndOptionsWhenRunThenTheyArriveUnchangedAndInOrder() throws Exception {
    jdk("jvm/a", "17.0.15");
    environment.put("STREAMGRAD_JAVA_OPTS", "-Xmx1g -Dx=y");

    assertThat(run("two words", "*", "").stdout())
        .endsWith(
            " -Xmx1g -Dx=y -jar " + dir.toRealPath() + "/app/streamgrad.jar <two words> <*> <>\n");
  }

  @Test
  void givenALinkToTheScriptWhenRunThenItFindsItsOwnDirectory() throws Exception {
    jdk("jvm/a", "17.0.15");
    Files.createSymbolicLink(dir.resolve("tools/sg"), Path.of("../app/streamgrad"));

    assertThat(runScript(dir.resolve("tools/sg")).stdout())
        .contains("-jar " + dir.toRealPath() + "/app/streamgrad.jar");
  }

  @Test
  void givenSourcesNewerThanTheJarWhenRunThenItBuildsWithAJdkThatHasACompiler() throws Exception {
    Path jre = jdk("jvm/jre", "25.0.3");
    Files.delete(jre.resolve("bin/javac"));
    jdk("jvm/jdk", "17.0.15");
    Path jar = sources();
    script("tools/mvn", "echo \"mvn $JAVA_HOME $*\" >&2");

    assertThat(run().stderr()).contains("building").contains("mvn " + dir + "/jvm/jdk -q -B");
    Result second = run();
    assertThat(second.stderr()).isEmpty();
    assertThat(second.stdout()).startsWith("jvm/jre ").contains(jar.toRealPath().toString());
  }

  @Test
  void givenSourcesAndNoMavenWhenRunThenItSaysSo() throws Exception {
    jdk("jvm/a", "17.0.15");
    sources();

    Result result = run();

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.stderr()).contains("needs Maven (mvn)");
  }

  @Test
  void givenAFailedBuildWhenRunThenNothingIsStarted() throws Exception {
    jdk("jvm/a", "17.0.15");
    sources();
    script("tools/mvn", "exit 1");

    Result result = run();

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.stdout()).isEmpty();
    assertThat(result.stderr()).contains("the build failed");
  }

  /** A source tree whose jar is out of date. */
  private Path sources() throws IOException {
    Path app = dir.resolve("app");
    Files.createDirectories(app.resolve("src/main"));
    Files.createFile(app.resolve("pom.xml"));
    Files.createDirectories(app.resolve("target"));
    Path jar = Files.createFile(app.resolve("target/streamgrad.jar"));
    return Files.setLastModifiedTime(jar, FileTime.from(Instant.EPOCH));
  }

  /** A JDK whose java prints its own name and what it was called with. */
  private Path jdk(String name, String version) throws IOException {
    Path home = dir.resolve(name);
    script(
        name + "/bin/java",
        "case \"$*\" in",
        "  -version) echo 'openjdk version \"" + version + "\"' >&2 ;;",
        "  --list-modules) echo java.base@1; echo jdk.incubator.vector@1 ;;",
        "  *) printf '" + name + "'",
        "    jar=no",
        "    for each; do",
        "      if [ $jar = seen ]; then printf ' <%s>' \"$each\"; else printf ' %s' \"$each\"; fi",
        "      if [ $jar = next ]; then jar=seen; fi",
        "      if [ \"$each\" = -jar ] && [ $jar = no ]; then jar=next; fi",
        "    done",
        "    echo ;;",
        "esac");
    script(name + "/bin/javac", "");
    release(home, version, "java.base jdk.incubator.vector");
    return home;
  }

  private static void release(Path home, String version, String modules) throws IOException {
    Files.writeString(
        home.resolve("release"),
        "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version + "\"\nMODULES=\"" + modules + "\"\n");
  }

  private void script(String name, String... lines) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.resolveSibling("."));
    Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Result run(String... arguments) throws Exception {
    return runScript(dir.resolve("app/streamgrad"), arguments);
  }

  private Result runScript(Path script, String... arguments) throws Exception {
    Path stdout = dir.resolve("stdout");
    Path stderr = dir.resolve("stderr");
    ProcessBuilder builder =
        new ProcessBuilder(
                Stream.concat(
                        Stream.of(installed("bash").toString(), script.toString()),
                        Stream.of(arguments))
                    .toList())
            .directory(dir.toFile())
            .redirectOutput(stdout.toFile())
            .redirectError(stderr.toFile());
    Process process = withEnvironment(builder).start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return new Result(
        process.exitValue(), Files.readString(stdout, UTF_8), Files.readString(stderr, UTF_8));
  }

  private ProcessBuilder withEnvironment(ProcessBuilder builder) {
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder;
  }

  private static Path installed(String tool) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .map(directory -> Path.of(directory, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new AssertionError(tool + " is not installed"));
  }

  private record Result(int exit, String stdout, String stderr) {}
}
