package io.streamgrad.chaos;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/**
 * Ports that are free now and stay free while their server is down: they lie below those that the
 * kernel gives to outgoing connections, a client that tries again and again among them. Each of the
 * JVMs in which tests run side by side has a range of its own.
 */
final class Ports {
  private static final int COUNT = 2_000;
  private static final int FIRST = 12_000 + Integer.getInteger("fork.number", 1) % 10 * COUNT;

  private static final Random RANDOM = new Random();
  private static final Set<Integer> GIVEN = new HashSet<>();

  private Ports() {}

  /** A port that nobody listens on and that this has not given before. */
  static synchronized int free() {
    while (true) {
      int port = FIRST + RANDOM.nextInt(COUNT);
      if (GIVEN.add(port) && isFree(port)) {
        return port;
      }
    }
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
