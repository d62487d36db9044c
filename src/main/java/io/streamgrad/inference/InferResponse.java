package io.streamgrad.inference;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.streamgrad.committed.CommittedModel;
import io.streamgrad.committed.Reading;
import io.streamgrad.inference.InferRequest.Form;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.Prediction;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes the protocol's answers. */
final class InferResponse {
  static final String PLATFORM = "streamgrad_mlp";

  private static final JsonFactory JSON = new JsonFactory();

  /**
   * A body.
   *
   * @param jsonBytes how many of it are JSON, where bytes follow; -1 if it all is
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by no one
  record Body(byte[] bytes, int jsonBytes) {}

  /** What writes JSON. */
  private interface Fields {
    void write(JsonGenerator json) throws IOException;
  }

  private InferResponse() {}

  /** An error. */
  static byte[] error(String message) {
    return object(json -> json.writeStringField("error", message));
  }

  /** The server. */
  static byte[] server(String version) {
    return object(
        json -> {
          json.writeStringField("name", "streamgrad");
          json.writeStringField("version", version);
          json.writeArrayFieldStart("extensions");
          json.writeString("binary_tensor_data");
          json.writeEndArray();
        });
  }

  /** That it is well. */
  static byte[] health(String what) {
    return object(json -> json.writeBooleanField(what, true));
  }

  /** That a model is ready. */
  static byte[] ready(Reading.Found found) {
    return object(
        json -> {
          json.writeStringField("name", found.model().name());
          json.writeBooleanField("ready", true);
        });
  }

  /** What a model takes and gives. */
  static byte[] model(Reading.Found found, ModelSpec spec, String topic) {
    return object(
        json -> {
          json.writeStringField("name", found.model().name());
          json.writeArrayFieldStart("versions");
          json.writeString(Long.toString(found.model().version()));
          json.writeEndArray();
          json.writeStringField("platform", PLATFORM);
          json.writeArrayFieldStart("inputs");
          tensor(json, InferRequest.PIXELS, "UINT8", -1, spec.inputs());
          json.writeEndArray();
          json.writeArrayFieldStart("outputs");
          tensor(json, InferRequest.CLASSES, "INT64", -1);
          tensor(json, InferRequest.PROBABILITIES, "FP32", -1, spec.classes());
          json.writeEndArray();
          parameters(json, found, topic);
        });
  }

  private static void tensor(JsonGenerator json, String name, String type, int... shape)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", name);
    json.writeStringField("datatype", type);
    shape(json, shape);
    json.writeEndObject();
  }

  private static void shape(JsonGenerator json, int... shape) throws IOException {
    json.writeFieldName("shape");
    json.writeArray(shape, 0, shape.length);
  }

  private static void parameters(JsonGenerator json, Reading.Found found, String topic)
      throws IOException {
    CommittedModel model = found.model();
    json.writeObjectFieldStart("parameters");
    json.writeNumberField("incarnation", model.incarnation());
    json.writeNumberField("version", model.version());
    json.writeStringField("input_topic", topic);
    json.writeNumberField("input_partition", model.lineage().partition());
    json.writeNumberField("input_offset", model.lineage().offset());
    json.writeNumberField("stale_ms", found.stale().toMillis());
    json.writeEndObject();
  }

  /** What a model predicts. */
  static Body prediction(
      InferRequest request, Reading.Found found, Prediction prediction, String topic) {
    int images = prediction.images();
    int classes = prediction.probabilities().length / images;
    Form classesAs = request.classes();
    Form probabilitiesAs = request.probabilities();
    int classBytes = classesAs == Form.BINARY ? Long.BYTES * images : 0;
    int probabilityBytes = probabilitiesAs == Form.BINARY ? Float.BYTES * images * classes : 0;
    byte[] written =
        object(
            json -> {
              json.writeStringField("model_name", found.model().name());
              json.writeStringField("model_version", Long.toString(prediction.version()));
              if (request.id() != null) {
                json.writeStringField("id", request.id());
              }
              parameters(json, found, topic);
              json.writeArrayFieldStart("outputs");
              if (classesAs != null) {
                begin(json, InferRequest.CLASSES, "INT64", classBytes, images);
                if (classesAs == Form.JSON) {
                  json.writeFieldName("data");
                  json.writeArray(prediction.classes(), 0, images);
                }
                json.writeEndObject();
              }
              if (probabilitiesAs != null) {
                begin(json, InferRequest.PROBABILITIES, "FP32", probabilityBytes, images, classes);
                if (probabilitiesAs == Form.JSON) {
                  json.writeArrayFieldStart("data");
                  for (float probability : prediction.probabilities()) {
                    json.writeNumber(probability);
                  }
                  json.writeEndArray();
                }
                json.writeEndObject();
              }
              json.writeEndArray();
            });
    if (classBytes + probabilityBytes == 0) {
      return new Body(written, -1);
    }
    ByteBuffer all =
        ByteBuffer.allocate(written.length + classBytes + probabilityBytes)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(written);
    if (classBytes > 0) {
      for (int predicted : prediction.classes()) {
        all.putLong(predicted);
      }
    }
    if (probabilityBytes > 0) {
      for (float probability : prediction.probabilities()) {
        all.putFloat(probability);
      }
    }
    return new Body(all.array(), written.length);
  }

  private static void begin(
      JsonGenerator json, String name, String type, int binaryBytes, int... shape)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", name);
    json.writeStringField("datatype", type);
    shape(json, shape);
    if (binaryBytes > 0) {
      json.writeObjectFieldStart("parameters");
      json.writeNumberField("binary_data_size", binaryBytes);
      json.writeEndObject();
    }
  }

  private static byte[] object(Fields fields) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(1024);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      fields.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new IllegalStateException("memory does no I/O", e);
    }
    return out.toByteArray();
  }
}
