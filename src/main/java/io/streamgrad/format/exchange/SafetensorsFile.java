package io.streamgrad.format.exchange;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A file of safetensors, as {@link Safetensors} draws it, whoever has written it. */
final class SafetensorsFile implements ArrayFile {
  private static final int MAX_DIMENSIONS = 8;

  private final FileChannel channel;
  private final long start; // of the numbers
  private final Map<StoredArray, Place> places = new LinkedHashMap<>();
  private Map<String, String> metadata = Map.of();

  /** Where an array lies, from the first number of all on. */
  private record Place(long from, long to) {}

  /**
   * Opens a file and reads its header.
   *
   * @throws UnfitFileException if it is not such a file
   */
  SafetensorsFile(Path file) throws IOException, UnfitFileException {
    channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      long length = channel.size() < Long.BYTES ? -1 : bytes(0, Long.BYTES).getLong();
      if (length < 2 || length > channel.size() - Long.BYTES) {
        throw new UnfitFileException(
            "it is not a file of safetensors, nor of npz: its first 8 bytes are not the length of a"
                + " header");
      }
      if (length > MAX_HEADER) {
        throw new UnfitFileException(
            "its header has %d bytes, and %d are read at most".formatted(length, MAX_HEADER));
      }
      start = Long.BYTES + length;
      header(bytes(Long.BYTES, (int) length).array());
      requireNoGap();
    } catch (IOException | UnfitFileException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private ByteBuffer bytes(long from, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, from + bytes.position()) < 0) {
        throw new EOFException("the file has become shorter while it was read");
      }
    }
    return bytes.flip();
  }

  private void header(byte[] text) throws IOException, UnfitFileException {
    try (JsonParser json = JsonTexts.parser(text)) {
      require(json.nextToken() == JsonToken.START_OBJECT, "its header is not an object");
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = json.currentName();
        json.nextToken();
        if (name.equals("__metadata__")) {
          metadata = JsonTexts.object(json, name);
        } else {
          array(name, json);
        }
      }
      require(json.nextToken() == null, "there is more after the object of its header");
    } catch (JsonProcessingException e) {
      throw new UnfitFileException("its header is not JSON: " + e.getOriginalMessage());
    }
  }

  private void array(String name, JsonParser json) throws IOException, UnfitFileException {
    require(json.currentToken() == JsonToken.START_OBJECT, of(name) + "has no object");
    String type = "";
    List<Long> shape = null;
    List<Long> offsets = null;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      JsonToken value = json.nextToken();
      switch (field) {
        case "dtype" -> type = value == JsonToken.VALUE_STRING ? json.getText() : "";
        case "shape" -> shape = numbers(name, json);
        case "data_offsets" -> offsets = numbers(name, json);
        default ->
            throw new UnfitFileException(
                "tensor \"%s\" has a \"%s\", which is not known".formatted(name, field));
      }
    }
    if (shape == null || offsets == null || offsets.size() != 2) {
      throw new UnfitFileException(
          "tensor \"%s\" has no shape, or not two data_offsets".formatted(name));
    }
    places.put(new StoredArray(name, type, shape), new Place(offsets.get(0), offsets.get(1)));
  }

  private static List<Long> numbers(String name, JsonParser json)
      throws IOException, UnfitFileException {
    require(json.currentToken() == JsonToken.START_ARRAY, of(name) + "has no numbers");
    List<Long> numbers = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      boolean whole =
          json.currentToken() == JsonToken.VALUE_NUMBER_INT
              && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER
              && json.getLongValue() >= 0;
      require(
          whole && numbers.size() < MAX_DIMENSIONS,
          of(name) + "has a shape or data_offsets that are none");
      numbers.add(json.getLongValue());
    }
    return numbers;
  }

  /** As the format demands: so nothing hides in the file, and no two share their numbers. */
  private void requireNoGap() throws IOException, UnfitFileException {
    long at = 0;
    List<Map.Entry<StoredArray, Place>> inOrder = new ArrayList<>(places.entrySet());
    inOrder.sort(Comparator.comparingLong(each -> each.getValue().from()));
    for (Map.Entry<StoredArray, Place> each : inOrder) {
      Place place = each.getValue();
      require(
          place.from() == at && place.to() >= at,
          of(each.getKey().name()) + "does not begin where the one before it ends");
      at = place.to();
    }
    require(at == channel.size() - start, "its tensors have not as many bytes as the file");
  }

  private static String of(String name) {
    return "tensor \"%s\" ".formatted(name);
  }

  private static void require(boolean right, String otherwise) throws UnfitFileException {
    if (!right) {
      throw new UnfitFileException(otherwise);
    }
  }

  @Override
  public List<StoredArray> arrays() {
    return List.copyOf(places.keySet());
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public ByteBuffer read(StoredArray array, ElementType type)
      throws IOException, UnfitFileException {
    Place place = places.get(array);
    long length = type.length(array.shape());
    if (place == null || place.to() - place.from() != length) {
      throw new UnfitFileException(
          "tensor \"%s\" has not as many bytes as its shape".formatted(array.name()));
    }
    return bytes(start + place.from(), Math.toIntExact(length));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
