package io.streamgrad.inference;

import io.streamgrad.committed.Reading;
import io.streamgrad.http.Answer;
import io.streamgrad.http.Route;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.Prediction;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the Open Inference Protocol ({@link InferencePath} has its paths). Errors are the
 * protocol's JSON: 400 for a request that is not as it should be, 404 for what there is not, 413
 * for one that is too long, 411 for one that may be, 415 for one that is encoded, 307 for a model
 * that another instance has, 503, with Retry-After, for what can't be answered now, with the
 * reason.
 *
 * <p><em>Threading.</em> Everything is done on the port's threads, and none of them waits: neither
 * for a body nor for a commit.
 */
public final class InferenceHandler extends Handler.Abstract {
  private static final Logger LOG = LoggerFactory.getLogger(InferenceHandler.class);
  private static final String JSON = "application/json";
  private static final String BINARY = "application/octet-stream";
  private static final String REDIRECTED = "redirected"; // a query
  private static final String JSON_LENGTH = "Inference-Header-Content-Length";

  private final Inference service;
  private final Learners learners = new Learners();
  private final Bodies bodies;

  private InferenceHandler(Inference service, Bodies bodies) {
    this.service = service;
    this.bodies = bodies;
  }

  /** All paths of the protocol; its health is for everybody, as the probes' is. */
  public static List<Route> routes(Inference service) {
    return routes(service, Bodies.ofHeap());
  }

  static List<Route> routes(Inference service, Bodies bodies) {
    return List.of(
        Route.open("/v2/health/live", new InferenceHandler(service, bodies)),
        Route.open("/v2/health/ready", new InferenceHandler(service, bodies)),
        Route.guarded(
            "/v2/*",
            new InferenceHandler(service, bodies),
            reason -> new Answer(401, JSON, ByteBuffer.wrap(InferResponse.error(reason)))));
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    Exchange exchange = new Exchange(request, response, callback);
    try {
      exchange.begin();
    } catch (ProtocolException e) {
      exchange.refuse(e);
    } catch (RuntimeException e) {
      exchange.fail(e);
    }
    return true;
  }

  /** What is done with a model. */
  private interface Continuation {
    void accept(Reading.Found found) throws ProtocolException;
  }

  /** One request and its answer. */
  private final class Exchange {
    private final long start = System.nanoTime();
    private final Request request;
    private final Response response;
    private final Callback callback;
    private boolean infers;

    Exchange(Request request, Response response, Callback callback) {
      this.request = request;
      this.response = response;
      this.callback = callback;
    }

    void begin() throws ProtocolException {
      InferencePath path = InferencePath.of(request.getHttpURI().getPath());
      infers = path.kind() == InferencePath.Kind.INFER;
      requireMethod();
      requirePlain();
      String model = path.model();
      if (model != null) {
        withModel(model, path, found -> answer(path, found));
        return;
      }
      switch (path.kind()) {
        case LIVE -> health("live", service.notLive());
        case READY -> health("ready", service.notReady());
        default -> send(200, InferResponse.server(service.version()));
      }
    }

    private void requireMethod() throws ProtocolException {
      String method = request.getMethod();
      boolean allowed =
          infers ? method.equals("POST") : method.equals("GET") || method.equals("HEAD");
      if (!allowed) {
        String allow = infers ? "POST" : "GET, HEAD";
        response.getHeaders().put(HttpHeader.ALLOW, allow);
        throw new ProtocolException(405, "%s is not allowed here; %s".formatted(method, allow));
      }
    }

    private void requirePlain() throws ProtocolException {
      String encoding = request.getHeaders().get(HttpHeader.CONTENT_ENCODING);
      if (infers && encoding != null && !encoding.equalsIgnoreCase("identity")) {
        throw new ProtocolException(
            415,
            "Content-Encoding is %s; bodies are taken as they are, so send it without"
                .formatted(encoding));
      }
    }

    private void health(String what, String problem) throws ProtocolException {
      if (!problem.isEmpty()) {
        throw new ProtocolException(503, problem);
      }
      send(200, InferResponse.health(what));
    }

    /** Goes on with the model of the newest commit, or answers why there is none here. */
    private void withModel(String name, InferencePath path, Continuation next) {
      CompletableFuture<Reading> reading = service.model(name);
      Executor executor = reading.isDone() ? Runnable::run : request.getComponents().getExecutor();
      CompletableFuture<Reading> unused =
          reading.whenCompleteAsync(
              (read, failure) -> {
                try {
                  if (failure != null) {
                    fail(failure);
                  } else if (read instanceof Reading.Elsewhere elsewhere) {
                    redirect(elsewhere.address());
                  } else {
                    next.accept(found(name, path, read));
                  }
                } catch (ProtocolException e) {
                  refuse(e);
                } catch (RuntimeException e) {
                  fail(e);
                }
              },
              executor);
    }

    private Reading.Found found(String name, InferencePath path, Reading reading)
        throws ProtocolException {
      if (reading instanceof Reading.Unavailable unavailable) {
        throw new ProtocolException(503, unavailable.reason());
      }
      if (!(reading instanceof Reading.Found found)) {
        throw ProtocolException.missing("there is no model %s".formatted(name));
      }
      String newest = Long.toString(found.model().version());
      if (path.version() != null && !path.version().equals(newest)) {
        throw ProtocolException.missing(
            "there is no version %s of model %s; the newest commit has %s"
                .formatted(path.version(), name, newest));
      }
      return found;
    }

    private void answer(InferencePath path, Reading.Found found) throws ProtocolException {
      String name = found.model().name();
      ModelSpec spec = service.specification(name);
      switch (path.kind()) {
        case MODEL_READY -> send(200, InferResponse.ready(found));
        // Asked for again once the body is there: slow clients hold no copies of the model.
        case INFER ->
            readBody(spec, body -> withModel(name, path, newest -> predict(body, newest, spec)));
        default -> send(200, InferResponse.model(found, spec, service.topic()));
      }
    }

    private void readBody(ModelSpec spec, Consumer<byte[]> whole) throws ProtocolException {
      int longest = bodies.longest(spec);
      long length = request.getLength();
      if (length > longest) {
        throw tooLong(longest);
      }
      // Room is not kept for a body that may never come.
      int most = length < 0 ? Math.min(longest, Bodies.SMALL) : longest;
      takeRoom(Math.max(0, length));
      Content.Source.asByteArrayAsync(
          request,
          most,
          new Promise.Invocable<byte[]>() {
            @Override
            public void succeeded(byte[] body) {
              whole.accept(body);
            }

            @Override
            public void failed(Throwable failure) {
              if (failure instanceof IllegalStateException
                  || failure instanceof IllegalArgumentException) {
                refuse(most < longest ? lengthRequired() : tooLong(longest));
              } else {
                callback.failed(failure); // the connection is gone
              }
            }
          });
    }

    /** Until the answer has been sent. */
    private void takeRoom(long bytes) throws ProtocolException {
      long taken = bodies.take(bytes);
      if (taken > 0) {
        Request.addCompletionListener(request, failure -> bodies.giveBack(taken));
      }
    }

    private ProtocolException tooLong(int longest) {
      return new ProtocolException(
          413,
          "the request has more than %d bytes, which is most for this model".formatted(longest));
    }

    private ProtocolException lengthRequired() {
      return new ProtocolException(
          411,
          "the request has more than %d bytes and no Content-Length; send it with one"
              .formatted(Bodies.SMALL));
    }

    private void predict(byte[] body, Reading.Found found, ModelSpec spec)
        throws ProtocolException {
      InferRequest asked = InferRequestReader.read(body, jsonBytes(body.length), spec);
      takeRoom(Bodies.answer(spec, asked.batch().images()));
      Prediction prediction = learners.predict(found.model(), spec, asked.batch());
      InferResponse.Body answer =
          InferResponse.prediction(asked, found, prediction, service.topic());
      if (answer.jsonBytes() < 0) {
        send(200, answer.bytes());
      } else {
        response.getHeaders().put(JSON_LENGTH, answer.jsonBytes());
        send(200, BINARY, answer.bytes());
      }
    }

    private int jsonBytes(int length) throws ProtocolException {
      String header = request.getHeaders().get(JSON_LENGTH);
      if (header == null) {
        return length;
      }
      if (!header.matches("[0-9]{1,9}") || Integer.parseInt(header) > length) {
        throw ProtocolException.bad(
            "%s is %s; must be a number of bytes, at most %d, which the body has"
                .formatted(JSON_LENGTH, header, length));
      }
      return Integer.parseInt(header);
    }

    /** Once: whoever was sent here and would be sent on finds partitions that move. */
    private void redirect(String address) throws ProtocolException {
      HttpURI uri = request.getHttpURI();
      if (REDIRECTED.equals(uri.getQuery())) {
        throw new ProtocolException(
            503,
            "the model's partition moves: this instance was said to have it, and says %s has"
                .formatted(address));
      }
      response
          .getHeaders()
          .put(
              HttpHeader.LOCATION,
              "%s://%s%s?%s".formatted(uri.getScheme(), address, uri.getPath(), REDIRECTED));
      send(307, InferResponse.error("the instance at %s has this model".formatted(address)));
    }

    void refuse(ProtocolException error) {
      if (error.status() == 503) {
        response.getHeaders().put(HttpHeader.RETRY_AFTER, 1);
      }
      if (error.status() == 411 || error.status() == 413 || error.status() == 415) {
        response.getHeaders().put(HttpHeader.CONNECTION, "close"); // the rest is not read
      }
      send(error.status(), InferResponse.error(error.message()));
    }

    /** The client learns nothing of what went wrong; the log has it. */
    void fail(Throwable failure) {
      LOG.error("Can't answer {} {}", request.getMethod(), request.getHttpURI().getPath(), failure);
      send(500, InferResponse.error("internal error"));
    }

    private void send(int status, byte[] body) {
      send(status, JSON, body);
    }

    private void send(int status, String type, byte[] body) {
      if (infers) {
        service.answered(status, System.nanoTime() - start);
      }
      new Answer(status, type, ByteBuffer.wrap(body)).send(response, callback);
    }
  }
}
