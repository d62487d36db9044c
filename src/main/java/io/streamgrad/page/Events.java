package io.streamgrad.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** Server-sent events in memory, each with one JSON value as its data. Not thread-safe. */
final class Events {
  private static final JsonFactory JSON = new JsonFactory();

  private final ByteArrayOutputStream memory = new ByteArrayOutputStream();

  /** Writes an event's data, which is one value. */
  @FunctionalInterface
  interface Data {
    void writeTo(JsonGenerator json) throws IOException;
  }

  /** Adds an event of this name. */
  void add(String name, Data data) {
    try {
      memory.writeBytes(("event: " + name + "\ndata: ").getBytes(UTF_8));
      try (JsonGenerator json = JSON.createGenerator(memory)) { // puts no line break into it
        data.writeTo(json);
      }
      memory.writeBytes("\n\n".getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory gives none
    }
  }

  boolean isEmpty() {
    return memory.size() == 0;
  }

  /** All of them; none can be added any more. */
  ByteBuffer bytes() {
    return ByteBuffer.wrap(memory.toByteArray());
  }
}
