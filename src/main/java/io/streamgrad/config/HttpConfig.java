package io.streamgrad.config;

/**
 * Where metrics and health are served.
 *
 * @param host name or address of the interface to listen on; 0.0.0.0 for all
 * @param port 0 for any free one
 */
public record HttpConfig(String host, int port) {
  public HttpConfig {
    Check.present(host, "http.host");
    Check.that(port >= 0 && port <= 65535, "http.port", port, "0 (any free port) to 65535");
  }
}
