package io.streamgrad.chaos;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.EndTxnResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;

/** One connection of a client to a broker, by way of a {@link FaultyNetwork}. */
final class ProxiedConnection {
  private final FaultyNetwork network;
  private final Socket client;
  private final Socket broker;

  /** The client asked to commit a transaction; by correlation id. */
  private final Map<Integer, RequestHeader> commits = new ConcurrentHashMap<>();

  ProxiedConnection(FaultyNetwork network, Socket client, Socket broker) {
    this.network = network;
    this.client = client;
    this.broker = broker;
  }

  void start() {
    start(() -> pump(client, broker, this::request));
    start(() -> pump(broker, client, this::answer));
  }

  private static void start(Runnable pump) {
    Thread thread = new Thread(pump, "proxied-connection");
    thread.setDaemon(true);
    thread.start();
  }

  private interface Inspection {
    /** Whether a message may pass. */
    boolean mayPass(ByteBuffer message);
  }

  private void pump(Socket from, Socket to, Inspection inspection) {
    try {
      DataInputStream in = new DataInputStream(from.getInputStream());
      OutputStream out = to.getOutputStream();
      boolean whole = true;
      while (whole) {
        byte[] message = framed(in);
        ByteBuffer content =
            ByteBuffer.wrap(message, Integer.BYTES, message.length - Integer.BYTES);
        if (!inspection.mayPass(content)) {
          return;
        }
        int passed = network.pass(message);
        out.write(message, 0, passed);
        out.flush();
        whole = passed == message.length;
      }
    } catch (IOException e) {
      // One side has closed, and so does the other.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close();
    }
  }

  /** A message with its length before it. */
  private static byte[] framed(DataInputStream in) throws IOException {
    int length = in.readInt();
    byte[] message = new byte[Integer.BYTES + length];
    ByteBuffer.wrap(message).putInt(length);
    in.readFully(message, Integer.BYTES, length);
    return message;
  }

  private boolean request(ByteBuffer message) {
    if (message.getShort(message.position()) == ApiKeys.END_TXN.id) {
      RequestHeader header = RequestHeader.parse(message);
      if (new EndTxnRequestData(new ByteBufferAccessor(message), header.apiVersion()).committed()) {
        commits.put(header.correlationId(), header);
      }
    }
    return true;
  }

  /** An answer that says anything but "committed" passes in any case. */
  private boolean answer(ByteBuffer message) {
    RequestHeader request = commits.remove(message.getInt(message.position()));
    if (request == null) {
      return true;
    }
    short version = request.apiVersion();
    ResponseHeader.parse(message, ApiKeys.END_TXN.responseHeaderVersion(version));
    EndTxnResponse answer = EndTxnResponse.parse(new ByteBufferAccessor(message), version);
    return answer.error() != Errors.NONE || network.passCommitted();
  }

  /** Closes both sides. */
  void close() {
    network.closed(this);
    for (Socket socket : new Socket[] {client, broker}) {
      try {
        socket.close();
      } catch (IOException e) {
        // It is of no use any more, closed or not.
      }
    }
  }
}
