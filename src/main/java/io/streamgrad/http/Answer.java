package io.streamgrad.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * An answer that is whole before any of it is sent: a client that reads slowly keeps bytes, and no
 * thread. No cache may keep it.
 *
 * @param status of HTTP
 * @param body not used by anybody else from now on
 */
public record Answer(int status, String contentType, ByteBuffer body) {
  private static final String TEXT = "text/plain; charset=utf-8";

  /** Plain text, in UTF-8. */
  public static Answer text(int status, String text) {
    return new Answer(status, TEXT, ByteBuffer.wrap(text.getBytes(UTF_8)));
  }

  /** Sends it, as the last of this response; the server leaves the body out where HEAD asks. */
  public void send(Response response, Callback callback) {
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
    response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.remaining());
    response.write(true, body, callback);
  }
}
