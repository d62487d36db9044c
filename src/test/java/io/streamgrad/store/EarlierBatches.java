package io.streamgrad.store;

import io.streamgrad.format.changelog.StoredSample;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.apache.kafka.common.utils.Bytes;

/**
 * The changelog of a model of several pieces, a state and three batches after it, as an earlier
 * version of the service wrote it: the model and the batches of {@link StoredSample}.
 */
final class EarlierBatches {
  private EarlierBatches() {}

  /** The records of a layout version. */
  static Map<Bytes, byte[]> read(int version) throws IOException {
    Properties properties = new Properties();
    String name = "/golden/stored-layout-" + version + ".properties";
    try (InputStream in = EarlierBatches.class.getResourceAsStream(name)) {
      properties.load(Objects.requireNonNull(in, name));
    }
    Map<Bytes, byte[]> records = new LinkedHashMap<>();
    HexFormat hex = HexFormat.of();
    for (int i = 0; properties.containsKey("key." + i); i++) {
      records.put(
          Bytes.wrap(hex.parseHex(properties.getProperty("key." + i))),
          hex.parseHex(properties.getProperty("value." + i)));
    }
    return records;
  }
}
