package io.streamgrad.http;

import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Refuses paths with an encoded slash or percent sign, which two readers may read differently. Only
 * where names stand in paths may they be, and those are decoded part by part.
 */
final class PlainPathHandler extends Handler.Wrapper {
  /** What the server lets through, for this handler to refuse. */
  static final UriCompliance COMPLIANCE =
      UriCompliance.DEFAULT.with(
          "names in paths",
          UriCompliance.Violation.AMBIGUOUS_PATH_SEPARATOR,
          UriCompliance.Violation.AMBIGUOUS_PATH_ENCODING);

  PlainPathHandler(Handler handler) {
    super(handler);
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (request.getHttpURI().hasViolations()) {
      Response.writeError(request, response, callback, 400);
      return true;
    }
    return super.handle(request, response, callback);
  }
}
