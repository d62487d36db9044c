package io.streamgrad.http;

import java.util.function.Function;
import org.eclipse.jetty.http.pathmap.ServletPathSpec;
import org.eclipse.jetty.server.Handler;

/**
 * What answers at a path.
 *
 * <p>The handler is called on the port's few threads, for several requests at a time: it must not
 * wait. A request whose body it does not want is read to its end or cut off by the server. The
 * longest time that a request may take includes that of its handler.
 *
 * @param path one path, as {@code /metrics}, or all that begin so, as {@code /v2/*}, which is /v2
 *     too; a longer one wins over a shorter one. What follows a prefix may have slashes and percent
 *     signs that are encoded: the handler splits the path as it was sent, and then decodes
 * @param handler answers every request that comes for it, with any method; it is of one port, which
 *     starts and stops it
 * @param isOpen whether it answers without the token, where there is one
 * @param unauthorized answers who has no token, given the status in words
 */
public record Route(
    ServletPathSpec path, Handler handler, boolean isOpen, Function<String, Answer> unauthorized) {

  /** A route that asks for the token, where there is one. */
  public static Route guarded(String path, Handler handler) {
    return guarded(path, handler, TokenHandler::inPlainText);
  }

  /** A route that asks for the token, where there is one, and says so in its own way. */
  public static Route guarded(String path, Handler handler, Function<String, Answer> unauthorized) {
    return new Route(spec(path), handler, false, unauthorized);
  }

  /** A route for everybody. */
  public static Route open(String path, Handler handler) {
    return new Route(spec(path), handler, true, TokenHandler::inPlainText);
  }

  /** In a servlet's terms "/" is everything; here it is the one path. */
  private static ServletPathSpec spec(String path) {
    return new ServletPathSpec(path.equals("/") ? "" : path);
  }
}
