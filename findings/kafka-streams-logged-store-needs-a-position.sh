#!/usr/bin/env bash
# Kafka Streams 4.4.0: a store of one's own works without a changelog, and with one its first put fails.
#
# Guess: a KeyValueBytesStoreSupplier may give any KeyValueStore<Bytes, byte[]> that does what the interface's
#   abstract methods say. StateStore.getPosition() has a default implementation, belongs to interactive queries, and
#   is of no interest to an application that asks none.
# Source: the Javadoc of StateStore.getPosition(): where the store is with respect to its input; it does not say that
#   logging asks for it.
# Behaviour: the wrapper that sends each put to the changelog asks the store for its position, which goes into a
#   header if that is switched on, and asks for it in any case. The default implementation throws an
#   UnsupportedOperationException, so with logging, which is the default, the first put ends the task. An empty
#   Position, always the same, is enough.
# Seen:
#   without a changelog: 1 record in the store
#   with a changelog: UnsupportedOperationException: getPosition is not implemented by this StateStore
#   with a changelog and an empty position: 1 record in the store
#
# Needs a JDK (17 or later) and Maven. Ends with 1 if the behaviour is another.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/pom.xml" <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka-streams-test-utils</artifactId>
      <version>4.4.0</version>
    </dependency>
  </dependencies>
</project>
POM
cat > "$work/OwnStore.java" <<'JAVA'
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.query.Position;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

class OwnStore implements KeyValueStore<Bytes, byte[]> {
  private final TreeMap<Bytes, byte[]> entries = new TreeMap<>();

  public static void main(String[] arguments) {
    System.out.println("without a changelog: " + run(new OwnStore(), false));
    System.out.println("with a changelog: " + run(new OwnStore(), true));
    System.out.println("with a changelog and an empty position: " + run(new WithPosition(), true));
  }

  static final class WithPosition extends OwnStore {
    private final Position position = Position.emptyPosition();

    @Override
    public Position getPosition() {
      return position;
    }
  }

  static String run(OwnStore store, boolean logged) {
    KeyValueBytesStoreSupplier supplier =
        new KeyValueBytesStoreSupplier() {
          public String name() {
            return "own";
          }

          public KeyValueStore<Bytes, byte[]> get() {
            return store;
          }

          public String metricsScope() {
            return "own";
          }
        };
    StoreBuilder<KeyValueStore<Bytes, byte[]>> builder =
        Stores.keyValueStoreBuilder(supplier, Serdes.Bytes(), Serdes.ByteArray());
    Topology topology =
        new Topology()
            .addSource("in", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "in")
            .addProcessor("put", Put::new, "in")
            .addStateStore(logged ? builder : builder.withLoggingDisabled(), "put");
    Properties properties = new Properties();
    properties.put("application.id", "finding");
    properties.put("state.dir", System.getProperty("java.io.tmpdir") + "/state");
    try (TopologyTestDriver driver = new TopologyTestDriver(topology, properties)) {
      driver
          .createInputTopic("in", new ByteArraySerializer(), new ByteArraySerializer())
          .pipeInput(new byte[1], new byte[1]);
      return store.entries.size() + " record in the store";
    } catch (RuntimeException failed) {
      Throwable cause = failed;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      return cause.getClass().getSimpleName() + ": " + cause.getMessage().replaceAll(" \\(.*", "");
    }
  }

  static final class Put extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
    @Override
    public void process(Record<byte[], byte[]> record) {
      KeyValueStore<Bytes, byte[]> store = context().getStateStore("own");
      store.put(Bytes.wrap(record.key()), record.value());
    }
  }

  public String name() {
    return "own";
  }

  public void init(StateStoreContext context, StateStore root) {
    context.register(root, (key, value) -> put(Bytes.wrap(key), value));
  }

  public void put(Bytes key, byte[] value) {
    entries.put(key, value);
  }

  public byte[] get(Bytes key) {
    return entries.get(key);
  }

  public byte[] putIfAbsent(Bytes key, byte[] value) {
    return entries.putIfAbsent(key, value);
  }

  public void putAll(List<KeyValue<Bytes, byte[]>> all) {
    all.forEach(each -> put(each.key, each.value));
  }

  public byte[] delete(Bytes key) {
    return entries.remove(key);
  }

  public KeyValueIterator<Bytes, byte[]> range(Bytes from, Bytes to) {
    throw new IllegalStateException("not asked for here");
  }

  public KeyValueIterator<Bytes, byte[]> all() {
    throw new IllegalStateException("not asked for here");
  }

  public long approximateNumEntries() {
    return entries.size();
  }

  public boolean persistent() {
    return false;
  }

  public boolean isOpen() {
    return true;
  }

  public void close() {}
}
JAVA
mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib"
java -Djava.io.tmpdir="$work" -cp "$work/lib/*" "$work/OwnStore.java" 2> "$work/log" | tee "$work/seen"
diff <(sed -n 's/^#   \(with[^:]*: .*\)$/\1/p' "$0") "$work/seen"
echo "as described"
