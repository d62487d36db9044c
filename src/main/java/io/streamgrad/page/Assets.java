package io.streamgrad.page;

import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ResourceHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.resource.ResourceFactory;

/**
 * The page's files, which are in the jar, and those of its chart library, which are in that one's.
 * They hold no data. A browser may load nothing from elsewhere for it, run no script but these, and
 * show it in no frame.
 */
final class Assets extends Handler.Wrapper {
  private static final String POLICY =
      "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'; object-src 'none'";

  Assets() {
    ResourceHandler files = new ResourceHandler();
    ResourceFactory resources = ResourceFactory.of(files);
    files.setBaseResource(
        ResourceFactory.combine(
            resources.newClassLoaderResource("web/"),
            resources.newClassLoaderResource("META-INF/resources/webjars/")));
    files.setDirAllowed(false);
    files.setEtags(true);
    files.setCacheControl("no-cache"); // asked for again each time, which a 304 answers
    setHandler(files);
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    HttpFields.Mutable headers = response.getHeaders();
    headers.put("Content-Security-Policy", POLICY);
    headers.put("X-Content-Type-Options", "nosniff");
    headers.put("X-Frame-Options", "DENY");
    headers.put("Referrer-Policy", "no-referrer");
    headers.put("Cross-Origin-Opener-Policy", "same-origin");
    headers.put("Cross-Origin-Resource-Policy", "same-origin");
    return super.handle(request, response, callback);
  }
}
