package io.streamgrad.inference;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.streamgrad.inference.InferRequest.Form;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of a request: JSON, and behind it the bytes of a binary tensor, if there is one.
 * Names that the protocol does not have are ignored, with what they hold. One for each request.
 */
final class InferRequestReader {
  private static final int MAX_DEPTH = 20;
  private static final int MAX_STRING = 4096; // characters
  private static final int MAX_NUMBER = 32; // digits
  private static final int MAX_DIMENSIONS = 8;
  private static final int MAX_OUTPUTS = 16;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // A table of all names ever seen would be the clients' to fill.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(MAX_STRING)
                  .maxNameLength(MAX_STRING)
                  .maxNumberLength(MAX_NUMBER)
                  .build())
          .build();

  private final ModelSpec model;
  private final ByteBuffer binary;
  private @Nullable String id;
  private boolean binaryOutputs; // unless an output says otherwise
  private @Nullable MiniBatch batch;
  private @Nullable Map<String, String> outputs; // name to form, "" for the usual; null: all

  private InferRequestReader(ModelSpec model, ByteBuffer binary) {
    this.model = model;
    this.binary = binary;
  }

  /**
   * Reads a body.
   *
   * @param jsonBytes how many of its bytes are JSON
   * @param model what the images must fit
   * @throws ProtocolException if it is no request for this model
   */
  static InferRequest read(byte[] body, int jsonBytes, ModelSpec model) throws ProtocolException {
    InferRequestReader reader =
        new InferRequestReader(model, ByteBuffer.wrap(body, jsonBytes, body.length - jsonBytes));
    try (BoundedNames json = new BoundedNames(JSON.createParser(body, 0, jsonBytes))) {
      return reader.read(json);
    } catch (JsonProcessingException e) {
      throw ProtocolException.bad(
          "the request is not JSON as it should be: line %d, column %d: %s"
              .formatted(
                  e.getLocation() == null ? 0 : e.getLocation().getLineNr(),
                  e.getLocation() == null ? 0 : e.getLocation().getColumnNr(),
                  e.getOriginalMessage()));
    } catch (IOException e) {
      throw ProtocolException.bad("the request is not UTF-8: " + e.getMessage());
    }
  }

  private InferRequest read(BoundedNames json) throws IOException, ProtocolException {
    json.nextToken();
    require(json, JsonToken.START_OBJECT, "the request", "an object");
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      JsonToken value = json.nextToken();
      switch (name) {
        case "id" -> id = string(json, "id");
        case "inputs" -> inputs(json);
        case "outputs" -> outputs(json);
        case "parameters" -> binaryOutputs = flag(json, "binary_data_output", false);
        default -> skip(json, value);
      }
    }
    if (json.nextToken() != null) {
      throw ProtocolException.bad("there is more after the request's object");
    }
    if (batch == null) {
      throw ProtocolException.bad("inputs is missing");
    }
    if (binary.hasRemaining()) {
      throw ProtocolException.bad(
          "%d bytes follow that no input's binary_data_size counts".formatted(binary.remaining()));
    }
    return new InferRequest(
        id, batch, form(InferRequest.CLASSES), form(InferRequest.PROBABILITIES));
  }

  private void inputs(BoundedNames json) throws IOException, ProtocolException {
    require(json, JsonToken.START_ARRAY, "inputs", "an array");
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (batch != null) {
        throw ProtocolException.bad("there is more than one input; the model has one, pixels");
      }
      batch = input(json);
    }
  }

  private MiniBatch input(BoundedNames json) throws IOException, ProtocolException {
    require(json, JsonToken.START_OBJECT, "an input", "an object");
    PixelTensor tensor =
        new PixelTensor(
            (int) Math.min(Integer.MAX_VALUE, (long) model.maxBatchSize() * model.inputs()));
    String name = null;
    Datatype type = null;
    List<Integer> shape = null;
    boolean hasData = false;
    int binarySize = -1;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      JsonToken value = json.nextToken();
      switch (field) {
        case "name" -> name = string(json, "an input's name");
        case "datatype" -> type = Datatype.of(string(json, "datatype"));
        case "shape" -> shape = shape(json);
        case "data" -> {
          require(json, JsonToken.START_ARRAY, "data", "an array");
          tensor.read(json.unbounded()); // an array that has objects is refused
          hasData = true;
        }
        case "parameters" -> binarySize = number(json, "binary_data_size");
        default -> skip(json, value);
      }
    }
    if (!InferRequest.PIXELS.equals(name)) {
      throw ProtocolException.bad(
          "the input's name is %s; the model has one input, pixels".formatted(name));
    }
    if (type == null || shape == null) {
      throw ProtocolException.bad("input pixels has no " + (type == null ? "datatype" : "shape"));
    }
    if (hasData == binarySize >= 0) {
      throw ProtocolException.bad(
          hasData ? "input pixels has data, and binary_data_size too" : "input pixels has no data");
    }
    if (binarySize >= 0) {
      if (binarySize > binary.remaining()) {
        throw ProtocolException.bad(
            "binary_data_size is %d, and %d bytes follow the JSON"
                .formatted(binarySize, binary.remaining()));
      }
      tensor.read(type, binary.slice(binary.position(), binarySize));
      binary.position(binary.position() + binarySize);
    }
    requireFit(shape);
    return MiniBatch.of(model.inputs(), tensor.pixels(type, shape), null);
  }

  private void requireFit(List<Integer> shape) throws ProtocolException {
    long pixels = 1;
    for (int size : shape.subList(Math.min(1, shape.size()), shape.size())) {
      pixels = pixels > model.inputs() ? pixels : pixels * size; // and so does not overflow
    }
    if (shape.size() < 2 || pixels != model.inputs()) {
      throw ProtocolException.bad(
          "shape is %s; it must be [N, %d], or have other dimensions of that product after N images"
              .formatted(shape, model.inputs()));
    }
    if (shape.get(0) < 1 || shape.get(0) > model.maxBatchSize()) {
      throw ProtocolException.bad(
          "shape is %s; the model takes 1 to %d images".formatted(shape, model.maxBatchSize()));
    }
  }

  private static List<Integer> shape(JsonParser json) throws IOException, ProtocolException {
    require(json, JsonToken.START_ARRAY, "shape", "an array");
    List<Integer> shape = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (shape.size() == MAX_DIMENSIONS) {
        throw ProtocolException.bad("shape has more than %d dimensions".formatted(MAX_DIMENSIONS));
      }
      shape.add(size(json, "a dimension of shape"));
    }
    return shape;
  }

  private void outputs(JsonParser json) throws IOException, ProtocolException {
    require(json, JsonToken.START_ARRAY, "outputs", "an array");
    Map<String, String> wanted = new LinkedHashMap<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      require(json, JsonToken.START_OBJECT, "an output", "an object");
      if (wanted.size() == MAX_OUTPUTS) {
        throw ProtocolException.bad("more than %d outputs".formatted(MAX_OUTPUTS));
      }
      output(json, wanted);
    }
    outputs = wanted;
  }

  private static void output(JsonParser json, Map<String, String> wanted)
      throws IOException, ProtocolException {
    String name = null;
    String form = "";
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      JsonToken value = json.nextToken();
      switch (field) {
        case "name" -> name = string(json, "an output's name");
        case "parameters" -> form = parameters(json);
        default -> skip(json, value);
      }
    }
    if (name == null
        || !(name.equals(InferRequest.CLASSES) || name.equals(InferRequest.PROBABILITIES))) {
      throw ProtocolException.bad(
          "output %s is not one of the model's, classes and probabilities".formatted(name));
    }
    if (wanted.put(name, form) != null) {
      throw ProtocolException.bad("output %s is wanted twice".formatted(name));
    }
  }

  /** Of an output: whether it is to be binary, if they say so. */
  private static String parameters(JsonParser json) throws IOException, ProtocolException {
    String form = "";
    require(json, JsonToken.START_OBJECT, "parameters", "an object");
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      JsonToken value = json.nextToken();
      switch (field) {
        case "binary_data" -> form = (bool(json, field) ? Form.BINARY : Form.JSON).name();
        case "classification" ->
            throw ProtocolException.bad(
                "the classification extension is not spoken here; see the output probabilities");
        default -> skip(json, value);
      }
    }
    return form;
  }

  private @Nullable Form form(String output) {
    Form usual = binaryOutputs ? Form.BINARY : Form.JSON;
    Map<String, String> wanted = outputs;
    if (wanted == null || wanted.isEmpty()) {
      return usual;
    }
    String form = wanted.get(output);
    return form == null ? null : form.isEmpty() ? usual : Form.valueOf(form);
  }

  private static boolean flag(JsonParser json, String parameter, boolean otherwise)
      throws IOException, ProtocolException {
    boolean found = otherwise;
    require(json, JsonToken.START_OBJECT, "parameters", "an object");
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      JsonToken value = json.nextToken();
      if (field.equals(parameter)) {
        found = bool(json, field);
      } else {
        skip(json, value);
      }
    }
    return found;
  }

  private static int number(JsonParser json, String parameter)
      throws IOException, ProtocolException {
    int found = -1;
    require(json, JsonToken.START_OBJECT, "parameters", "an object");
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      JsonToken value = json.nextToken();
      if (field.equals(parameter)) {
        found = size(json, field);
      } else {
        skip(json, value);
      }
    }
    return found;
  }

  private static boolean bool(JsonParser json, String what) throws IOException, ProtocolException {
    JsonToken token = json.currentToken();
    if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
      throw ProtocolException.bad(
          "%s is %s; must be true or false".formatted(what, json.getText()));
    }
    return token == JsonToken.VALUE_TRUE;
  }

  private static int size(JsonParser json, String what) throws IOException, ProtocolException {
    if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
        || json.getNumberType() != JsonParser.NumberType.INT
        || json.getIntValue() < 0) {
      throw ProtocolException.bad(
          "%s is %s; must be a whole number from 0 to 2^31 - 1".formatted(what, json.getText()));
    }
    return json.getIntValue();
  }

  private static String string(JsonParser json, String what) throws IOException, ProtocolException {
    require(json, JsonToken.VALUE_STRING, what, "a string");
    return json.getText();
  }

  private static void require(JsonParser json, JsonToken needed, String what, String kind)
      throws IOException, ProtocolException {
    if (json.currentToken() != needed) {
      throw ProtocolException.bad(
          "%s is %s; must be %s"
              .formatted(what, json.currentToken() == null ? "not there" : json.getText(), kind));
    }
  }

  private static void skip(JsonParser json, JsonToken value) throws IOException {
    if (value.isStructStart()) {
      json.skipChildren();
    }
  }
}
