package io.streamgrad.http;

import java.util.function.Function;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Lets through what has the token, where there is one. */
final class TokenHandler extends Handler.Wrapper {
  private static final String REASON = "unauthorized";

  private final HttpSecurity security;
  private final Function<String, Answer> unauthorized;

  TokenHandler(HttpSecurity security, Handler handler, Function<String, Answer> unauthorized) {
    super(handler);
    this.security = security;
    this.unauthorized = unauthorized;
  }

  static Answer inPlainText(String reason) {
    return Answer.text(401, reason + "\n");
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (security.admits(request.getHeaders().get(HttpHeader.AUTHORIZATION))) {
      return super.handle(request, response, callback);
    }
    response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer");
    unauthorized.apply(REASON).send(response, callback);
    return true;
  }
}
