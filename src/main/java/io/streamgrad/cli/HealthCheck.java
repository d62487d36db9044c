package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * The container image's health check: asks this machine's service for /readyz, on its health port,
 * and ends with exit code 0 if it is ready and 1 if it is not or does not answer. The port is
 * STREAMGRAD_HTTP_HEALTH_PORT, 8081 if there is none.
 *
 * <p>Not one of the commands, because it runs every few seconds: it loads as few classes as it can.
 */
public final class HealthCheck {
  private static final int PATIENCE = 3000; // milliseconds

  private HealthCheck() {}

  public static void main(String[] args) {
    String port = System.getenv("STREAMGRAD_HTTP_HEALTH_PORT");
    try {
      String answer = ask(port == null ? 8081 : Integer.parseInt(port));
      System.out.println(answer);
      System.exit(answer.startsWith("HTTP/1.1 200 ") ? 0 : 1);
    } catch (IOException e) {
      System.out.println(e.getMessage());
      System.exit(1);
    }
  }

  private static String ask(int port) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE);
      socket.setSoTimeout(PATIENCE);
      socket
          .getOutputStream()
          .write("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
      String line =
          new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII)).readLine();
      return line == null ? "no answer" : line;
    }
  }
}
