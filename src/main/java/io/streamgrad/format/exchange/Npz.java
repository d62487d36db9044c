package io.streamgrad.format.exchange;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * NumPy's npz: a zip archive, not compressed, with an array in each file {@code NAME.npy}
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0):
 *
 * <pre>
 *   offset  bytes  field
 *        0    6    magic 0x93 "NUMPY"
 *        6    2    version: 1, 0
 *        8    2    N, length of the header, little-endian
 *       10    N    header: a Python dictionary in ASCII, with spaces and a line feed behind it so
 *                  that 10 + N is a multiple of 64
 *   10 + N    .    the numbers, row by row, little-endian
 * </pre>
 *
 * <p>The array {@code __metadata__} is a text of bytes: where the model comes from, as JSON. All
 * files have the earliest time that a zip archive knows.
 */
final class Npz {
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  private static final int HEADER_START = MAGIC.length + Short.BYTES;
  private static final int ALIGNMENT = 64;

  private Npz() {}

  /** Writes bytes that can be written again. */
  private interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  static void write(ModelExport export, OutputStream out) throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out);
    byte[] metadata =
        Json.object(export.metadata(export.ofArrays())).getBytes(StandardCharsets.UTF_8);
    byte[] header = header("|S" + metadata.length, List.of());
    add(zip, "__metadata__", header, metadata.length, content -> content.write(metadata));
    for (Tensor tensor : export.tensors()) {
      header = header(tensor.type().numpy(), tensor.shape());
      add(zip, tensor.name(), header, tensor.size(), tensor::writeTo);
    }
    zip.finish();
  }

  private static void add(
      ZipOutputStream zip, String name, byte[] header, long size, Content content)
      throws IOException {
    CheckedOutputStream sum = new CheckedOutputStream(OutputStream.nullOutputStream(), new CRC32());
    sum.write(header);
    content.writeTo(sum);
    ZipEntry entry = new ZipEntry(name + ".npy");
    entry.setTimeLocal(TIME);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(header.length + size);
    entry.setCrc(sum.getChecksum().getValue());
    zip.putNextEntry(entry);
    zip.write(header);
    content.writeTo(zip);
    zip.closeEntry();
  }

  /** All of an array's file before its numbers. */
  private static byte[] header(String type, List<Integer> shape) {
    String tuple = shape.stream().map(length -> length + ", ").collect(Collectors.joining());
    String dictionary =
        "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }"
            .formatted(type, shape.size() == 1 ? tuple.strip() : tuple.replaceFirst(", $", ""));
    int unpadded = HEADER_START + dictionary.length() + 1;
    String text = dictionary + " ".repeat(Math.floorMod(-unpadded, ALIGNMENT)) + "\n";
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    byte[] header = new byte[HEADER_START + ascii.length];
    System.arraycopy(MAGIC, 0, header, 0, MAGIC.length);
    header[MAGIC.length] = (byte) ascii.length;
    header[MAGIC.length + 1] = (byte) (ascii.length >> Byte.SIZE);
    System.arraycopy(ascii, 0, header, HEADER_START, ascii.length);
    return header;
  }
}
