package io.streamgrad.page;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.streamgrad.committed.CommittedModel;
import io.streamgrad.committed.Reading;
import io.streamgrad.http.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.ejml.data.FMatrixRMaj;
import org.jspecify.annotations.Nullable;

/**
 * Answers with what the units of a model's first layer weigh, as pictures: those of its last commit
 * that predict. Where there are none it answers with the reason, which is no error to a page.
 */
final class WeightsHandler extends Handler.Abstract.NonBlocking {
  private static final int MAX_UNITS = 64;
  private static final int COLORS = 3; // interleaved, as a model's inputs are
  private static final JsonFactory JSON = new JsonFactory();

  private final Function<String, CompletableFuture<Reading>> models;

  /** Of committed models, by name. */
  WeightsHandler(Function<String, CompletableFuture<Reading>> models) {
    this.models = models;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the answer's sender sees the failure
  public boolean handle(Request request, Response response, Callback callback) {
    String model = Request.extractQueryParameters(request).getValue("model");
    if (!HttpMethod.GET.is(request.getMethod())) {
      response.getHeaders().put(HttpHeader.ALLOW, "GET");
      Answer.text(405, "method not allowed\n").send(response, callback);
    } else if (model == null) {
      Answer.text(400, "model: its name is missing\n").send(response, callback);
    } else {
      // What a commit completes would go on on a thread that learns.
      Executor threads = request.getComponents().getExecutor();
      models
          .apply(model)
          .thenApplyAsync(WeightsHandler::answer, threads)
          .whenComplete((answer, error) -> send(answer, error, response, callback));
    }
    return true;
  }

  private static void send(
      @Nullable Answer answer, @Nullable Throwable error, Response response, Callback callback) {
    if (answer == null) {
      callback.failed(error);
    } else {
      answer.send(response, callback);
    }
  }

  private static Answer answer(Reading reading) {
    ByteArrayOutputStream memory = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(memory)) {
      json.writeStartObject();
      if (reading instanceof Reading.Found found) {
        write(json, found.model());
      } else if (reading instanceof Reading.Unavailable unavailable) {
        json.writeStringField("reason", unavailable.reason());
      } else {
        json.writeStringField("reason", "this instance has no such model");
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory gives none
    }
    return new Answer(200, "application/json", ByteBuffer.wrap(memory.toByteArray()));
  }

  private static void write(JsonGenerator json, CommittedModel model) throws IOException {
    FMatrixRMaj weights = model.weights().weights(0); // (units, inputs), row-major
    int inputs = weights.numCols;
    int channels = isSquare(inputs) ? 1 : COLORS;
    int side = side(inputs / channels);
    if (side * side * channels != inputs) {
      json.writeStringField(
          "reason", "its %d inputs are no square, in grey or in color".formatted(inputs));
      return;
    }
    json.writeNumberField("version", model.version());
    json.writeNumberField("height", side);
    json.writeNumberField("width", side);
    json.writeNumberField("channels", channels);
    json.writeNumberField("all", weights.numRows);
    json.writeArrayFieldStart("units");
    for (int unit = 0; unit < Math.min(weights.numRows, MAX_UNITS); unit++) {
      json.writeBinary(scaled(weights.data, unit * inputs, inputs));
    }
    json.writeEndArray();
  }

  private static boolean isSquare(int pixels) {
    return side(pixels) * side(pixels) == pixels;
  }

  /** Of a square of about so many pixels. */
  private static int side(int pixels) {
    return (int) Math.round(Math.sqrt(pixels));
  }

  /** From -127 to 127, the largest of the unit being one of the two. */
  private static byte[] scaled(float[] weights, int from, int count) {
    float largest = Float.MIN_NORMAL;
    for (int i = from; i < from + count; i++) {
      largest = Math.max(largest, Math.abs(weights[i]));
    }
    byte[] scaled = new byte[count];
    for (int i = 0; i < count; i++) {
      scaled[i] = (byte) Math.round(127 * (weights[from + i] / largest));
    }
    return scaled;
  }
}
