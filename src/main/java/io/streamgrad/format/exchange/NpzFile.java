package io.streamgrad.format.exchange;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * A file of npz, as {@link Npz} draws it, whoever has written it: compressed or not, of any version
 * of the arrays' header. Only plain arrays of numbers are read, and nothing that is pickled.
 */
final class NpzFile implements ArrayFile {
  private static final String METADATA = "__metadata__";
  private static final String SUFFIX = ".npy";
  private static final int MAX_ARRAYS = 1000;
  private static final int MAX_ARRAY_HEADER = 1 << 16;
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final Pattern TYPE = Pattern.compile("'descr' *: *'([^']{1,32})'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order' *: *(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape' *: *\\(([0-9, ]{0,200})\\)");
  private static final Pattern DIMENSION = Pattern.compile("[0-9]+");

  private final ZipFile zip;
  private final Map<String, Header> headers = new HashMap<>(); // by name
  private final List<StoredArray> arrays = new ArrayList<>();
  private Map<String, String> metadata = Map.of();

  /** What an array's file says of it. */
  private record Header(StoredArray array, boolean columnByColumn) {}

  /**
   * Opens a file and reads what it says of its arrays.
   *
   * @throws UnfitFileException if it is not such a file
   */
  NpzFile(Path file) throws IOException, UnfitFileException {
    try {
      zip = new ZipFile(file.toFile());
    } catch (ZipException e) {
      throw new UnfitFileException("it is not a whole zip archive: " + e.getMessage());
    }
    try {
      if (zip.size() > MAX_ARRAYS) {
        throw new UnfitFileException(
            "it has %d arrays, and %d are read at most".formatted(zip.size(), MAX_ARRAYS));
      }
      for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
        add(all.nextElement());
      }
    } catch (IOException | UnfitFileException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  private void add(ZipEntry entry) throws IOException, UnfitFileException {
    String file = entry.getName();
    if (file.endsWith(".pkl")) {
      throw new UnfitFileException(
          "it is pickled, as torch.save writes it, and can run anything when it is read: write it"
              + " with safetensors.torch.save_file(model.state_dict(), FILE)");
    }
    if (!file.endsWith(SUFFIX)) {
      throw new UnfitFileException("\"%s\" in it is no array".formatted(file));
    }
    String name = file.substring(0, file.length() - SUFFIX.length());
    try (DataInputStream in = new DataInputStream(zip.getInputStream(entry))) {
      Header header = header(name, in);
      if (headers.put(name, header) != null) {
        throw new UnfitFileException("array \"%s\" is there twice".formatted(name));
      }
      if (name.equals(METADATA)) {
        metadata = metadata(header.array(), in);
      } else {
        arrays.add(header.array());
      }
    }
  }

  private static Header header(String name, DataInputStream in)
      throws IOException, UnfitFileException {
    byte[] magic = in.readNBytes(MAGIC.length + 2);
    if (magic.length < MAGIC.length + 2
        || !Arrays.equals(magic, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new UnfitFileException("array \"%s\" is not a npy file".formatted(name));
    }
    int lengthBytes = magic[MAGIC.length] == 1 ? Short.BYTES : Integer.BYTES;
    ByteBuffer number = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int read = in.readNBytes(number.array(), 0, lengthBytes);
    int length = number.getInt();
    if (read < lengthBytes || length < 0 || length > MAX_ARRAY_HEADER) {
      throw new UnfitFileException(
          "array \"%s\" has a header of %s bytes, and %d are read at most"
              .formatted(name, Integer.toUnsignedString(length), MAX_ARRAY_HEADER));
    }
    byte[] bytes = in.readNBytes(length);
    String text = new String(bytes, StandardCharsets.UTF_8);
    Matcher type = TYPE.matcher(text);
    Matcher order = ORDER.matcher(text);
    Matcher shape = SHAPE.matcher(text);
    if (bytes.length < length || !type.find() || !order.find() || !shape.find()) {
      throw new UnfitFileException(
          "array \"%s\" has a header that is not one of a plain array".formatted(name));
    }
    if (type.group(1).contains("O")) {
      throw new UnfitFileException(
          "array \"%s\" is of pickled objects, which can run anything when they are read"
              .formatted(name));
    }
    return new Header(
        new StoredArray(name, type.group(1), shape(name, shape.group(1))),
        order.group(1).equals("True"));
  }

  private static List<Long> shape(String name, String text) throws UnfitFileException {
    List<Long> shape = new ArrayList<>();
    for (Matcher each = DIMENSION.matcher(text); each.find(); ) {
      if (each.group().length() > 18) {
        throw new UnfitFileException("array \"%s\" has the shape (%s)".formatted(name, text));
      }
      shape.add(Long.parseLong(each.group()));
    }
    return shape;
  }

  private static Map<String, String> metadata(StoredArray array, DataInputStream in)
      throws IOException, UnfitFileException {
    boolean text = array.type().matches("\\|S[0-9]{1,7}") && array.shape().isEmpty();
    int length = text ? Integer.parseInt(array.type().substring(2)) : MAX_HEADER + 1;
    if (length > MAX_HEADER) {
      throw new UnfitFileException(
          "%s is not a text of up to %d bytes".formatted(METADATA, MAX_HEADER));
    }
    try (JsonParser json = JsonTexts.parser(in.readNBytes(length))) {
      json.nextToken();
      return JsonTexts.object(json, METADATA);
    } catch (JsonProcessingException e) {
      throw new UnfitFileException(METADATA + " is not JSON: " + e.getOriginalMessage());
    }
  }

  @Override
  public List<StoredArray> arrays() {
    return arrays;
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public ByteBuffer read(StoredArray array, ElementType type)
      throws IOException, UnfitFileException {
    int length = Math.toIntExact(type.length(array.shape()));
    try (DataInputStream in =
        new DataInputStream(zip.getInputStream(zip.getEntry(array.name() + SUFFIX)))) {
      boolean columnByColumn = header(array.name(), in).columnByColumn();
      byte[] numbers = in.readNBytes(length);
      if (numbers.length < length || in.read() >= 0) {
        throw new UnfitFileException(
            "array \"%s\" has not as many bytes as its shape".formatted(array.name()));
      }
      return ByteBuffer.wrap(columnByColumn ? turned(numbers, array, type) : numbers)
          .order(ByteOrder.LITTLE_ENDIAN);
    } catch (ZipException e) {
      throw new UnfitFileException(
          "array \"%s\" is corrupt: %s".formatted(array.name(), e.getMessage()));
    }
  }

  /** Row by row, what lies column by column. */
  private static byte[] turned(byte[] columns, StoredArray array, ElementType type) {
    if (array.shape().size() != 2) {
      return columns; // the same
    }
    int height = Math.toIntExact(array.shape().get(0));
    int width = Math.toIntExact(array.shape().get(1));
    byte[] rows = new byte[columns.length];
    int bytes = type.bytes();
    for (int row = 0; row < height; row++) {
      for (int column = 0; column < width; column++) {
        System.arraycopy(
            columns, (column * height + row) * bytes, rows, (row * width + column) * bytes, bytes);
      }
    }
    return rows;
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
