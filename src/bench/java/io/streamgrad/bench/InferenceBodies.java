package io.streamgrad.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes requests for one image, in JSON and with a binary tensor, to a directory. */
public final class InferenceBodies {
  private InferenceBodies() {}

  /** Writes body.json, body.bin and body.head, which has the length of the JSON in body.bin. */
  public static void main(String[] args) throws IOException {
    Path directory = Path.of(args[0]);
    Files.writeString(directory.resolve("body.json"), Asker.body());
    String head =
        "{\"inputs\":[{\"name\":\"pixels\",\"datatype\":\"UINT8\",\"shape\":[1,784],"
            + "\"parameters\":{\"binary_data_size\":784}}],"
            + "\"parameters\":{\"binary_data_output\":true}}";
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.write(head.getBytes(StandardCharsets.UTF_8));
    for (int i = 0; i < 784; i++) {
      body.write(i % 3 == 0 ? i % 256 : 0);
    }
    Files.write(directory.resolve("body.bin"), body.toByteArray());
    Files.writeString(directory.resolve("body.head"), Integer.toString(head.length()));
  }
}
