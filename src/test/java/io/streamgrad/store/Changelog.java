package io.streamgrad.store;

import io.streamgrad.recovery.ChangelogView;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/** A store of bytes that keeps every record it would have sent to its changelog. */
final class Changelog {
  static final Path DIRECTORY = Path.of(System.getProperty("java.io.tmpdir"));

  private static final int MEMORY = 3000; // so that some of it is in a file

  private final SpillingStore bytes = new SpillingStore("w", new HeapShare(MEMORY));
  private final List<KeyValue<Bytes, byte @Nullable []>> records = new ArrayList<>();

  /** An empty one. */
  Changelog() {
    bytes.open(DIRECTORY);
  }

  /** One that was restored from the first records of another. */
  Changelog(Changelog other, int length) {
    this();
    other.records.subList(0, length).forEach(record -> store().put(record.key, record.value));
  }

  @SuppressWarnings("unchecked")
  KeyValueStore<Bytes, byte[]> store() {
    return (KeyValueStore<Bytes, byte[]>)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {KeyValueStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("put")) {
                records.add(KeyValue.pair((Bytes) arguments[0], (byte[]) arguments[1]));
              } else if (method.getName().equals("delete")) {
                records.add(KeyValue.pair((Bytes) arguments[0], null));
              }
              try {
                return method.invoke(bytes, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  int length() {
    return records.size();
  }

  /** The records from one on. */
  List<KeyValue<Bytes, byte @Nullable []>> from(int start) {
    return records.subList(start, records.size());
  }

  /** What the first records add up to. */
  ChangelogView image(int length) {
    ChangelogView image = new ChangelogView();
    records.subList(0, length).forEach(record -> image.put(record.key.get(), record.value));
    return image;
  }
}
