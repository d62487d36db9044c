#!/usr/bin/env bash
# ONNX Runtime for Java 1.23.2 and 1.29.0: of a direct buffer in Java's own byte order the model sees other numbers than
#   the tensor shows.
#
# Guess: OnnxTensor.createTensor(environment, FloatBuffer, shape) gives the model the numbers that the buffer has. A
#   FloatBuffer knows its byte order, the one that a new ByteBuffer has is BIG_ENDIAN, and a tensor of a buffer in this
#   order shows the right numbers when it is asked for its value; where the order is not right, there is an error.
# Source: the Javadoc of OnnxTensor.createTensor ("The buffer should be in nativeOrder. If the supplied buffer is not a
#   direct buffer, a direct copy is created"), https://onnxruntime.ai/docs/api/java/ai/onnxruntime/OnnxTensor.html.
# Behaviour: the copy that is made of a buffer on the heap has the right order, whichever that had. A direct one, which
#   is there to save the copy, goes to the model by its address: on x86 and ARM its 1.0 and 2.0 are 4.6E-41 and 9.0E-44,
#   and so is each whole number up to 255, so that every image is as good as black and gets the same answer; fractions
#   are anything up to 1E38. There is no error, and the tensor's own getValue() reads in the buffer's order, so that a
#   look at the input finds nothing. The model here gives back what it gets.
# Seen:
#   heap, BIG_ENDIAN: the tensor shows [1.0, 2.0], the model sees [1.0, 2.0]
#   direct, LITTLE_ENDIAN: the tensor shows [1.0, 2.0], the model sees [1.0, 2.0]
#   direct, BIG_ENDIAN: the tensor shows [1.0, 2.0], the model sees [4.6006E-41, 9.0E-44]
#
# Needs a JDK (17 or later) and Maven, on a little-endian machine; downloads 130 MB. Ends with 1 if the behaviour is
# another.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/Orders.java" <<'JAVA'
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

class Orders {
  static OrtEnvironment environment = OrtEnvironment.getEnvironment();

  public static void main(String[] arguments) throws Exception {
    try (OrtSession session = environment.createSession(identity())) {
      show("heap", session, ByteBuffer.allocate(8));
      show("direct", session, ByteBuffer.allocateDirect(8).order(ByteOrder.LITTLE_ENDIAN));
      show("direct", session, ByteBuffer.allocateDirect(8));
    }
  }

  static void show(String where, OrtSession session, ByteBuffer bytes) throws Exception {
    FloatBuffer floats = bytes.asFloatBuffer().put(0, 1f).put(1, 2f);
    try (OnnxTensor tensor = OnnxTensor.createTensor(environment, floats, new long[] {2});
        OrtSession.Result result = session.run(Map.of("x", tensor))) {
      System.out.println(
          where
              + ", "
              + floats.order()
              + ": the tensor shows "
              + Arrays.toString((float[]) tensor.getValue())
              + ", the model sees "
              + Arrays.toString((float[]) result.get(0).getValue()));
    }
  }

  /** A model of one node, Identity, from x to y, two floats each; the fields are those of onnx.proto. */
  static byte[] identity() {
    byte[] node = join(field(1, "x"), field(2, "y"), field(4, "Identity"));
    byte[] graph =
        join(field(1, node), field(2, "g"), field(11, value("x")), field(12, value("y")));
    byte[] opset = join(field(1, ""), new byte[] {2 << 3, 13});
    return join(new byte[] {1 << 3, 8}, field(7, graph), field(8, opset));
  }

  static byte[] value(String name) {
    byte[] shape = field(1, new byte[] {1 << 3, 2});
    byte[] tensor = join(new byte[] {1 << 3, 1}, field(2, shape));
    return join(field(1, name), field(2, field(1, tensor)));
  }

  static byte[] field(int number, String text) {
    return field(number, text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Of a length below 128. */
  static byte[] field(int number, byte[] content) {
    return join(new byte[] {(byte) (number << 3 | 2), (byte) content.length}, content);
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }
}
JAVA
for version in 1.23.2 1.29.0; do
  mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    -Dartifact=com.microsoft.onnxruntime:onnxruntime:$version -DoutputDirectory="$work"
  java -Djava.io.tmpdir="$work" -cp "$work/onnxruntime-$version.jar" "$work/Orders.java" \
    2> "$work/log" | tee "$work/seen"
  diff <(sed -n 's/^#   \(.*: the tensor shows .*\)$/\1/p' "$0") "$work/seen"
done
echo "as described"
