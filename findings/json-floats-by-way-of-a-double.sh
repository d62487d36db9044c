#!/usr/bin/env bash
# jackson-databind 2.21.8, protobuf-java-util 4.36.2: a float in JSON depends on what reads it; some finite ones are
#   infinite.
#
# Guess: a number in JSON becomes the nearest float, whoever reads it: through a tree of nodes as well as straight into a
#   float field, with Jackson as with Protobuf's JsonFormat. JsonFormat refuses what is too large for its field's type.
# Source: https://github.com/FasterXML/jackson-core/issues/755 (floats are read from their text since 2.14);
#   https://protobuf.dev/programming-guides/json/ (numbers that don't fit the type: the parser should fail); the Javadoc
#   of Float.parseFloat (rounded to nearest).
# Behaviour: Jackson's tree keeps a double, and JsonFormat makes one; both cut it to a float then, and round twice. Where
#   the double happens to be half-way between two floats (one in 2^29, if the digits are random), the float is its
#   neighbour: the last bit of a weight, zero for the smallest float, Infinity for the largest. So jackson.treeToValue
#   and jackson.readValue differ on the same text. JsonFormat's bound is a millionth above the largest number, for floats
#   and doubles: between the two it does not fail but reads Infinity, which one weight too large makes of a whole model.
# Seen:
#   1.0000001788139343 readValue 3f800001 treeToValue 3f800002 JsonFormat 3f800002
#   7.006492321624086e-46 readValue 1 treeToValue 0 JsonFormat 0
#   3.4028235677973366e38 readValue 7f7fffff treeToValue 7f800000 JsonFormat 7f800000
#   3.4028236e38 JsonFormat float Infinity, double finite
#   3.5e38 JsonFormat float refused, double finite
#   1.797694e308 JsonFormat float refused, double Infinity
#   1.8e308 JsonFormat float refused, double refused
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
      <groupId>com.fasterxml.jackson.core</groupId>
      <artifactId>jackson-databind</artifactId>
      <version>2.21.8</version>
    </dependency>
    <dependency>
      <groupId>com.google.protobuf</groupId>
      <artifactId>protobuf-java-util</artifactId>
      <version>4.36.2</version>
    </dependency>
  </dependencies>
</project>
POM
cat > "$work/Floats.java" <<'JAVA'
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.DoubleValue;
import com.google.protobuf.FloatValue;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;

class Floats {
  public static void main(String[] arguments) throws Exception {
    ObjectMapper jackson = new ObjectMapper();
    for (String json :
        new String[] {"1.0000001788139343", "7.006492321624086e-46", "3.4028235677973366e38"}) {
      float straight = jackson.readValue(json, float.class);
      float tree = jackson.treeToValue(jackson.readTree(json), float.class);
      FloatValue.Builder protobuf = FloatValue.newBuilder();
      JsonFormat.parser().merge(json, protobuf);
      System.out.println(
          json
              + " readValue "
              + bits(straight)
              + " treeToValue "
              + bits(tree)
              + " JsonFormat "
              + bits(protobuf.getValue()));
    }
    for (String json : new String[] {"3.4028236e38", "3.5e38", "1.797694e308", "1.8e308"}) {
      System.out.println(
          json
              + " JsonFormat float "
              + kind(json, FloatValue.newBuilder())
              + ", double "
              + kind(json, DoubleValue.newBuilder()));
    }
  }

  static String bits(float number) {
    return Integer.toHexString(Float.floatToIntBits(number));
  }

  static String kind(String json, Message.Builder wrapper) {
    try {
      JsonFormat.parser().merge(json, wrapper);
    } catch (InvalidProtocolBufferException e) {
      return "refused";
    }
    Number number =
        (Number) wrapper.getField(wrapper.getDescriptorForType().findFieldByName("value"));
    return Double.isInfinite(number.doubleValue()) ? "Infinity" : "finite";
  }
}
JAVA
mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib"
java -cp "$work/lib/*" "$work/Floats.java" | tee "$work/seen"
diff <(sed -n 's/^#   \([0-9.e-]* \(readValue\|JsonFormat\) .*\)$/\1/p' "$0") "$work/seen"
echo "as described"
