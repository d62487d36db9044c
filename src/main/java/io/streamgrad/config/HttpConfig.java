package io.streamgrad.config;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Where metrics and health are served, and to whom. A path that is empty is not given.
 *
 * @param host name or address of the interface to listen on; 0.0.0.0 for all
 * @param port 0 for any free one
 * @param healthPort where health alone is served, to everybody and in the open; 0 for any free one
 * @param advertisedAddress HOST:PORT at which the clients of other instances reach {@code port}
 * @param tokenFile holds the bearer token that clients must send
 * @param keystore holds the key and the certificates of TLS
 * @param keystorePasswordFile holds the keystore's password
 */
public record HttpConfig(
    String host,
    int port,
    int healthPort,
    String advertisedAddress,
    Path tokenFile,
    Path keystore,
    Path keystorePasswordFile) {
  private static final Pattern ADDRESS =
      Pattern.compile("([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+]):[0-9]{1,5}");

  public HttpConfig {
    Check.present(host, "http.host");
    Check.that(isPort(port), "http.port", port, "0 (any free port) to 65535");
    Check.that(
        isPort(healthPort) && (healthPort != port || port == 0),
        "http.health-port",
        healthPort,
        "0 (any free port) to 65535, and another than http.port");
    Check.that(
        advertisedAddress.isEmpty() || ADDRESS.matcher(advertisedAddress).matches(),
        "http.advertised-address",
        advertisedAddress,
        "HOST:PORT, or empty");
    Check.that(
        keystore.toString().isEmpty() == keystorePasswordFile.toString().isEmpty(),
        "http.keystore-password-file",
        keystorePasswordFile,
        "given exactly if http.keystore is");
  }

  private static boolean isPort(int port) {
    return port >= 0 && port <= 65535;
  }
}
