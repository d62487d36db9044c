#!/usr/bin/env bash
# protobuf-java-util 4.36.2: a JSON array of one element is taken for the element.
#
# Guess: JsonFormat.parser() holds a value to its field's type, as Protobuf's JSON mapping has it: a
#   uint32 is a number or a string, a bytes field is a base64 string. {"value": [28]} is then refused,
#   and so are a number or a truth value for bytes.
# Source: https://protobuf.dev/programming-guides/json/ (the table of the mapping).
# Behaviour: the parser asks Gson for the value "as a string", and Gson gives the string of a number, of
#   a truth value, and of the only element of an array, however deep. So [28] and [[28]] are 28 for an
#   integer; 1234 and true are base64 of three bytes for a bytes field; ["abcd"] is base64 as well.
#   Two elements are refused, and so is an object.
# Seen:
#   UInt32Value [28] -> 28
#   UInt32Value [[28]] -> 28
#   UInt32Value [28,29] -> refused
#   BytesValue 1234 -> d76df8
#   BytesValue true -> b6bb9e
#   BytesValue ["abcd"] -> 69b71d
#   StringValue [5] -> 5
#
# Needs a JDK (17 or later) and Maven. Ends with 1 if the behaviour is another.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/src/main/java"
cat > "$work/pom.xml" <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.google.protobuf</groupId>
      <artifactId>protobuf-java-util</artifactId>
      <version>4.36.2</version>
    </dependency>
    <dependency>
      <groupId>com.google.code.gson</groupId>
      <artifactId>gson</artifactId>
      <version>2.13.2</version>
    </dependency>
  </dependencies>
</project>
POM
cat > "$work/Scalars.java" <<'JAVA'
import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.StringValue;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.util.JsonFormat;
import java.util.HexFormat;

class Scalars {
  public static void main(String[] arguments) {
    for (String json : new String[] {"[28]", "[[28]]", "[28,29]"}) {
      show(UInt32Value.newBuilder(), json);
    }
    for (String json : new String[] {"1234", "true", "[\"abcd\"]"}) {
      show(BytesValue.newBuilder(), json);
    }
    show(StringValue.newBuilder(), "[5]");
  }

  static void show(Message.Builder wrapper, String json) {
    var field = wrapper.getDescriptorForType().getFields().get(0);
    String result;
    try {
      JsonFormat.parser().merge(json, wrapper);
      Object value = wrapper.getField(field);
      result =
          value instanceof ByteString bytes
              ? HexFormat.of().formatHex(bytes.toByteArray())
              : value.toString();
    } catch (InvalidProtocolBufferException e) {
      result = "refused";
    }
    System.out.println(wrapper.getDescriptorForType().getName() + " " + json + " -> " + result);
  }
}
JAVA
mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib"
java -cp "$work/lib/*" "$work/Scalars.java" | tee "$work/seen"
diff <(sed -n 's/^#   \([A-Za-z0-9]*Value .* -> .*\)$/\1/p' "$0") "$work/seen"
echo "as described"
