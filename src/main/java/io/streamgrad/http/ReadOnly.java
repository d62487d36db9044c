package io.streamgrad.http;

import java.io.IOException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers GET and HEAD, and refuses other methods. A source that throws gives its client a bare
 * 500; the log has the rest.
 */
public final class ReadOnly extends Handler.Abstract {
  private static final Logger LOG = LoggerFactory.getLogger(ReadOnly.class);

  private final Source source;

  /** Makes the answer to a request; called on the port's threads, several at a time. */
  @FunctionalInterface
  public interface Source {
    /** The answer, made at once. */
    Answer answer(Request request) throws IOException;
  }

  /** Answers by this. */
  public ReadOnly(Source source) {
    this.source = source;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    answer(request, response).send(response, callback);
    return true;
  }

  private Answer answer(Request request, Response response) {
    String method = request.getMethod();
    if (!HttpMethod.GET.is(method) && !HttpMethod.HEAD.is(method)) {
      response.getHeaders().put(HttpHeader.ALLOW, "GET, HEAD");
      return Answer.text(405, "method not allowed\n");
    }
    try {
      return source.answer(request);
    } catch (IOException | RuntimeException e) {
      LOG.error("Can't answer {} {}", method, Request.getPathInContext(request), e);
      return Answer.text(500, "internal error\n");
    }
  }
}
