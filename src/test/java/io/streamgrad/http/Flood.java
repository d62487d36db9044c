package io.streamgrad.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicLong;

/** Sockets that say nothing, and are opened again as soon as the server has closed them. */
final class Flood implements AutoCloseable {
  private final InetSocketAddress address;
  private final Selector selector;
  private final AtomicLong reopened = new AtomicLong();
  private final Thread thread = new Thread(this::run, "flood");
  private volatile boolean closed;

  Flood(int port, int sockets) throws IOException {
    address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    selector = Selector.open();
    for (int i = 0; i < sockets; i++) {
      open();
    }
    thread.setDaemon(true);
    thread.start();
  }

  /** How many have been opened again so far. */
  long reopened() {
    return reopened.get();
  }

  private void open() throws IOException {
    SocketChannel socket = SocketChannel.open();
    socket.configureBlocking(false);
    socket.connect(address);
    socket.register(selector, SelectionKey.OP_CONNECT);
  }

  private void run() {
    ByteBuffer nothing = ByteBuffer.allocate(1);
    try {
      while (!closed) {
        selector.select();
        for (SelectionKey key : selector.selectedKeys()) {
          SocketChannel socket = (SocketChannel) key.channel();
          if (!isOpen(socket, key, nothing.clear())) {
            socket.close();
            open();
            reopened.incrementAndGet();
          }
        }
        selector.selectedKeys().clear();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isOpen(SocketChannel socket, SelectionKey key, ByteBuffer into) {
    try {
      if (key.isConnectable() && socket.finishConnect()) {
        key.interestOps(SelectionKey.OP_READ);
      }
      return !key.isReadable() || socket.read(into) >= 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    selector.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }
}
