package io.streamgrad.chaos;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The network between Kafka's clients and a broker, with faults on demand: a TCP proxy that passes
 * Kafka's messages on one by one.
 */
final class FaultyNetwork implements AutoCloseable {
  /** What happens to messages. */
  enum Fault {
    NONE("nothing"),
    CUT("connections cut in the middle of a message"),
    STALL("messages held back until it ended"),
    DELAY("messages delayed by 50 ms each way"),
    THROTTLE("messages throttled to 200 kB/s"),
    LOSE_END_TXN_ANSWERS("answers lost that a transaction has committed");

    private final String text;

    Fault(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  private static final long DELAY_MILLIS = 50;
  private static final int BYTES_PER_MILLI = 200;
  private static final int MESSAGES_PER_CUT = 40;

  private final ServerSocket clients;
  private final int brokerPort;
  private final Random random;
  private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicLong struck = new AtomicLong();
  private final Object change = new Object();
  private volatile Fault fault = Fault.NONE; // changed under change

  /** Starts to listen. */
  FaultyNetwork(int port, int brokerPort, long seed) throws IOException {
    this.clients = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
    this.brokerPort = brokerPort;
    this.random = new Random(seed);
    Thread acceptor = new Thread(this::accept, "faulty-network");
    acceptor.setDaemon(true);
    acceptor.start();
  }

  /** From now on this happens, until there is another call. */
  void strike(Fault next) {
    synchronized (change) {
      struck.set(0);
      fault = next;
      change.notifyAll();
    }
  }

  /** How many messages this has happened to. */
  long struck() {
    return struck.get();
  }

  private void accept() {
    while (!clients.isClosed()) {
      try {
        Socket client = clients.accept();
        Socket broker = new Socket(InetAddress.getLoopbackAddress(), brokerPort);
        ProxiedConnection connection = new ProxiedConnection(this, client, broker);
        connections.add(connection);
        connection.start();
      } catch (IOException e) {
        // Closed, or the broker is: the client will see that its connection is.
      }
    }
  }

  /** A message is about to be passed on; returns how many of its bytes may pass. */
  int pass(byte[] message) throws InterruptedException {
    switch (fault) {
      case CUT -> {
        if (oneIn(MESSAGES_PER_CUT)) {
          struck.incrementAndGet();
          return message.length / 2;
        }
      }
      case STALL -> {
        struck.incrementAndGet();
        awaitEndOf(Fault.STALL);
      }
      case DELAY -> {
        struck.incrementAndGet();
        Thread.sleep(DELAY_MILLIS);
      }
      case THROTTLE -> {
        struck.incrementAndGet();
        Thread.sleep(message.length / BYTES_PER_MILLI);
      }
      case NONE, LOSE_END_TXN_ANSWERS -> {}
    }
    return message.length;
  }

  /** A transaction has committed; returns whether its client may learn of it. */
  boolean passCommitted() {
    // Not all are lost: the client asks again, and would ask for ever.
    if (fault == Fault.LOSE_END_TXN_ANSWERS && oneIn(2)) {
      struck.incrementAndGet();
      return false;
    }
    return true;
  }

  private synchronized boolean oneIn(int bound) {
    return random.nextInt(bound) == 0;
  }

  private void awaitEndOf(Fault passing) throws InterruptedException {
    synchronized (change) {
      while (fault == passing) {
        change.wait();
      }
    }
  }

  void closed(ProxiedConnection connection) {
    connections.remove(connection);
  }

  @Override
  public void close() throws IOException {
    strike(Fault.NONE);
    clients.close();
    connections.forEach(ProxiedConnection::close);
  }
}
