package io.streamgrad.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/**
 * TCP ports of the loopback address. Kafka's controller takes a failed bind as a reason to halt the
 * whole process, so ports are tried out before it gets them.
 */
final class LocalPorts {
  static final String HOST = "127.0.0.1";

  private static final byte[] ADDRESS = {127, 0, 0, 1};

  private LocalPorts() {}

  /**
   * Finds a port for each one asked for, 0 standing for any free one. All are held until the last
   * is found, so that they differ; none is held when this returns.
   *
   * @throws EmbeddedBrokerException if a port that was asked for is in use
   */
  static List<Integer> reserve(int... wanted) {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int port : wanted) {
        sockets.add(bind(port));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      sockets.forEach(LocalPorts::release);
    }
  }

  private static ServerSocket bind(int port) {
    ServerSocket socket = null;
    try {
      socket = new ServerSocket();
      socket.setReuseAddress(true); // as Kafka does: a connection in TIME_WAIT is no obstacle
      socket.bind(new InetSocketAddress(InetAddress.getByAddress(ADDRESS), port));
      return socket;
    } catch (IOException e) {
      if (socket != null) {
        release(socket);
      }
      throw new EmbeddedBrokerException(
          "Port " + port + " of " + HOST + " can't be used (--port; 0 is any free one)", e);
    }
  }

  private static void release(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It carried no connection.
    }
  }
}
