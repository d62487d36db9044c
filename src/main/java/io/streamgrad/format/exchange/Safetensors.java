package io.streamgrad.format.exchange;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Hugging Face's safetensors (https://huggingface.co/docs/safetensors), little-endian:
 *
 * <pre>
 *   offset  bytes  field
 *        0    8    N, length of the header
 *        8    N    header: a JSON object in UTF-8, with spaces behind it so that 8 + N is a multiple
 *                  of 8. By tensor: dtype, shape, and where it begins and ends in what follows;
 *                  __metadata__: texts by key
 *    8 + N    .    the tensors' numbers, in the order of the header, without a gap
 * </pre>
 */
final class Safetensors {
  private static final int ALIGNMENT = Long.BYTES;

  private Safetensors() {}

  static void write(ModelExport export, OutputStream out) throws IOException {
    List<Tensor> tensors = export.tensors();
    StringBuilder json = new StringBuilder("{\"__metadata__\":");
    json.append(Json.object(export.metadata(export.ofArrays())));
    long at = 0;
    for (Tensor tensor : tensors) {
      json.append(
          ",%s:{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  Json.string(tensor.name()),
                  tensor.type().safetensors(),
                  tensor.shape().toString().replace(" ", ""),
                  at,
                  at + tensor.size()));
      at += tensor.size();
    }
    byte[] header = padded(json.append('}').toString());
    out.write(
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .array());
    out.write(header);
    for (Tensor tensor : tensors) {
      tensor.writeTo(out);
    }
  }

  private static byte[] padded(String json) {
    int length = json.getBytes(StandardCharsets.UTF_8).length;
    String spaces = " ".repeat(Math.floorMod(-length, ALIGNMENT));
    return (json + spaces).getBytes(StandardCharsets.UTF_8);
  }
}
