#!/usr/bin/env bash
# Kafka Streams 4.4.0: a warning that asks for a setting comes though the setting is there.
#
# Guess: "Processing exception handler is not enabled for the GlobalThread ... set
#   `processing.exception.handler.global.enabled` to true" is logged where that is not set, and not where it is.
# Source: the text of the warning.
# Behaviour: it is logged by each StreamsConfig that is made, and the assignor of each stream thread's consumer makes
#   one of the settings of that consumer, to which this one is not passed on. The same setting once more, with the
#   prefix main.consumer., stops that too.
# Seen:
#   not set: 2 warnings
#   set: 1 warnings
#   set, also with the prefix main.consumer.: 0 warnings
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
      <artifactId>kafka-streams</artifactId>
      <version>4.4.0</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
POM
cat > "$work/Warns.java" <<'JAVA'
import java.util.Properties;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;

class Warns {
  public static void main(String[] arguments) {
    Properties properties = new Properties();
    properties.put("application.id", "finding");
    properties.put("bootstrap.servers", "127.0.0.1:9"); // nobody is asked
    properties.put("state.dir", System.getProperty("java.io.tmpdir") + "/state");
    for (String given : arguments) {
      properties.put(given, "true");
    }
    new KafkaStreams(new Topology().addSource("in", "in"), properties).close();
  }
}
JAVA
mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib"
setting=processing.exception.handler.global.enabled
warnings() { # what, then arguments
  local what=$1
  shift
  java -Djava.io.tmpdir="$work" -cp "$work/lib/*" "$work/Warns.java" "$@" > "$work/log" 2>&1
  echo "$what: $(grep -c 'not enabled for the GlobalThread' "$work/log" || true) warnings"
}
{
  warnings "not set"
  warnings "set" "$setting"
  warnings "set, also with the prefix main.consumer." "$setting" "main.consumer.$setting"
} | tee "$work/seen"
diff <(sed -n 's/^#   \(\(not \)*set.*: . warnings\)$/\1/p' "$0") "$work/seen"
echo "as described"
