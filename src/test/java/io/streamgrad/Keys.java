package io.streamgrad;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Keys and self-signed certificates for 127.0.0.1, created again by the JDK's keytool. */
public final class Keys {
  /** Of the keystores and of the keys in them. */
  public static final String PASSWORD = "store-password";

  private final Path directory;

  /** Files go to this directory. */
  public Keys(Path directory) {
    this.directory = directory;
  }

  /** Makes a key for CN=name; its keystore and its certificate are files. */
  public void make(String name) throws Exception {
    keytool(
        List.of(
            "-genkeypair",
            "-alias",
            name,
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-dname",
            "CN=" + name,
            "-ext",
            "SAN=ip:127.0.0.1",
            "-validity",
            "2",
            "-storetype",
            "PKCS12",
            "-keystore",
            store(name).toString(),
            "-storepass",
            PASSWORD));
    KeyStore made = KeyStore.getInstance(store(name).toFile(), PASSWORD.toCharArray());
    writePem(certificate(name), "CERTIFICATE", made.getCertificate(name).getEncoded());
    writePem(
        privateKey(name), "PRIVATE KEY", made.getKey(name, PASSWORD.toCharArray()).getEncoded());
  }

  private static void writePem(Path file, String label, byte[] content) throws IOException {
    Files.writeString(
        file,
        "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
            .formatted(
                label, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)));
  }

  /** PKCS12. */
  public Path store(String name) {
    return directory.resolve(name + ".p12");
  }

  /** PEM. */
  public Path certificate(String name) {
    return directory.resolve(name + ".pem");
  }

  /** PEM, PKCS8. */
  public Path privateKey(String name) {
    return directory.resolve(name + ".key");
  }

  private void keytool(List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.add("-J-XX:TieredStopAtLevel=1"); // it ends too soon for an optimizing compiler to pay
    command.addAll(arguments);
    Path output = directory.resolve("keytool.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(output)).isZero();
  }
}
