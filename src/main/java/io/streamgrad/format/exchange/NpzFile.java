package io.streamgrad.format.exchange;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  private final ZipFile zip;
  private final Set<String> names = new HashSet<>();
  private final List<StoredArray> arrays = new ArrayList<>();
  private Map<String, String> metadata = Map.of();

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
      NpyHeader header = header(name, in);
      if (!names.add(name)) {
        throw new UnfitFileException("array \"%s\" is there twice".formatted(name));
      }
      StoredArray array = new StoredArray(name, header.type(), header.shape());
      if (name.equals(METADATA)) {
        metadata = metadata(array, in);
      } else {
        arrays.add(array);
      }
    }
  }

  private static NpyHeader header(String name, DataInputStream in)
      throws IOException, UnfitFileException {
    try {
      return NpyHeader.read(in);
    } catch (UnfitFileException e) {
      throw new UnfitFileException("array \"%s\" %s".formatted(name, e.getMessage()));
    }
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
