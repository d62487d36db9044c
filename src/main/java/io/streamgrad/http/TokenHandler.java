package io.streamgrad.http;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Lets through what has the token, where there is one. */
final class TokenHandler extends Handler.Wrapper {
  private final HttpSecurity security;

  TokenHandler(HttpSecurity security, Handler handler) {
    super(handler);
    this.security = security;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (security.admits(request.getHeaders().get(HttpHeader.AUTHORIZATION))) {
      return super.handle(request, response, callback);
    }
    response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer");
    Response.writeError(request, response, callback, 401);
    return true;
  }
}
