package io.streamgrad.page;

import io.streamgrad.http.Answer;
import java.util.List;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Answers with what is new, as server-sent events, until the page is closed or its time is up. The
 * parameter {@code model}, given up to {@value #MAX_MODELS} times, says of which models.
 */
final class EventsHandler extends Handler.Abstract.NonBlocking {
  static final int MAX_MODELS = 6;

  private final PageData data;
  private final Audience audience;

  EventsHandler(PageData data, Audience audience) {
    this.data = data;
    this.audience = audience;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    if (!HttpMethod.GET.is(request.getMethod())) {
      response.getHeaders().put(HttpHeader.ALLOW, "GET");
      Answer.text(405, "method not allowed\n").send(response, callback);
      return true;
    }
    List<String> models =
        Request.extractQueryParameters(request).getValuesOrEmpty("model").stream()
            .filter(name -> !name.isEmpty())
            .distinct()
            .toList();
    if (models.size() > MAX_MODELS) {
      Answer.text(400, "model: at most " + MAX_MODELS + " of them\n").send(response, callback);
    } else if (!audience.hasRoom()) {
      Answer.text(503, "%d pages are open, which is the most\n".formatted(Audience.MAX_STREAMS))
          .send(response, callback);
    } else {
      response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream");
      response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
      audience.add(new EventStream(data, models, response, callback));
    }
    return true;
  }
}
