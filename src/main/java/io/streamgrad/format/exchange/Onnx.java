package io.streamgrad.format.exchange;

import com.google.protobuf.ByteString;
import io.streamgrad.kernel.Kernel;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.PixelStatistics;
import io.streamgrad.onnx.AttributeProto;
import io.streamgrad.onnx.GraphProto;
import io.streamgrad.onnx.ModelProto;
import io.streamgrad.onnx.NodeProto;
import io.streamgrad.onnx.OperatorSetIdProto;
import io.streamgrad.onnx.StringStringEntryProto;
import io.streamgrad.onnx.TensorProto;
import io.streamgrad.onnx.TensorProto.DataType;
import io.streamgrad.onnx.TensorShapeProto;
import io.streamgrad.onnx.TensorShapeProto.Dimension;
import io.streamgrad.onnx.TypeProto;
import io.streamgrad.onnx.ValueInfoProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model as an ONNX graph, from pixels to what the service predicts:
 *
 * <pre>
 *   pixels (N, inputs) uint8 -- Cast, Mul 1/255 -- [ Sub mean [ , Mul factor ] ] -- Gemm, Relu -- ... Gemm
 *     Gemm -- ArgMax  -- classes (N) int64: the lowest of equals
 *         \-- Softmax -- probabilities (N, classes) float
 * </pre>
 *
 * <p>Scaling has the same operations on the same floats as the learner's, so the first layer gets
 * the same bits, but where inputs are centred only, which the learner does in the biases; the sums
 * of the layers are of another order.
 */
final class Onnx {
  private static final int IR_VERSION =
      7; // ONNX 1.7 to 1.9 (2020, 2021), and all later ones read it
  private static final int OPERATORS = 13; // of ONNX 1.8

  private static final String PIXELS = "pixels";
  private static final String CLASSES = "classes";
  private static final String PROBABILITIES = "probabilities";

  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("streamgrad");

  private Onnx() {}

  static ModelProto model(ModelExport export) {
    ModelState state = export.entry().state();
    Weights weights = export.ofFunction();
    Onnx onnx = new Onnx();
    onnx.build(weights.of(state), state.statistics());
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName("streamgrad")
            .setModelVersion(state.version())
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPERATORS))
            .setGraph(onnx.graph);
    export
        .metadata(weights)
        .forEach(
            (key, value) ->
                model.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return model.build();
  }

  private void build(Parameters parameters, @Nullable PixelStatistics statistics) {
    List<Integer> layers = parameters.layers();
    int inputs = layers.get(0);
    int classes = layers.get(parameters.depth());
    graph.addInput(value(PIXELS, DataType.UINT8, inputs));
    graph.addOutput(value(CLASSES, DataType.INT64));
    graph.addOutput(value(PROBABILITIES, DataType.FLOAT, classes));

    String x = scaled(statistics, inputs);
    for (int layer = 0; layer < parameters.depth(); layer++) {
      String w = constant(Tensor.matrix(ModelExport.weight(layer), parameters.weights(layer)));
      String b = constant(Tensor.vector(ModelExport.bias(layer), parameters.biases(layer)));
      x = node("Gemm", "z" + layer, List.of(x, w, b), attribute("transB", 1));
      if (layer < parameters.depth() - 1) {
        x = node("Relu", "a" + layer, List.of(x));
      }
    }
    node("ArgMax", CLASSES, List.of(x), attribute("axis", 1), attribute("keepdims", 0));
    node("Softmax", PROBABILITIES, List.of(x), attribute("axis", 1));
  }

  private String scaled(@Nullable PixelStatistics statistics, int inputs) {
    String step = constant(Tensor.floats("pixel.step", List.of(), Kernel.PIXEL));
    String x = node("Cast", "values", List.of(PIXELS), attribute("to", DataType.FLOAT_VALUE));
    x = node("Mul", "scaled", List.of(x, step));
    if (statistics == null || statistics.images() == 0) {
      return x;
    }
    float[] mean = new float[inputs];
    for (int pixel = 0; pixel < inputs; pixel++) {
      mean[pixel] = statistics.mean(pixel);
    }
    x = node("Sub", "centered", List.of(x, constant(vector("pixel.mean", mean))));
    if (statistics.centerOnly()) {
      return x;
    }
    float[] factor = new float[inputs];
    for (int pixel = 0; pixel < inputs; pixel++) {
      factor[pixel] = statistics.factor(pixel);
    }
    return node("Mul", "standardized", List.of(x, constant(vector("pixel.factor", factor))));
  }

  private static Tensor vector(String name, float[] values) {
    return Tensor.floats(name, List.of(values.length), values);
  }

  /** Adds a node that makes this value; returns the value's name. */
  private String node(
      String operator, String output, List<String> inputs, AttributeProto... attributes) {
    graph.addNode(
        NodeProto.newBuilder()
            .setName(output)
            .setOpType(operator)
            .addAllInput(inputs)
            .addOutput(output)
            .addAllAttribute(Arrays.asList(attributes)));
    return output;
  }

  private static AttributeProto attribute(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  /** Adds an array; returns its name. */
  private String constant(Tensor tensor) {
    TensorProto.Builder constant =
        TensorProto.newBuilder().setName(tensor.name()).setDataType(DataType.FLOAT_VALUE);
    tensor.shape().forEach(length -> constant.addDims(length));
    try (ByteString.Output bytes = ByteString.newOutput((int) tensor.size())) {
      tensor.writeTo(bytes);
      graph.addInitializer(constant.setRawData(bytes.toByteString()));
    } catch (IOException e) {
      throw new UncheckedIOException("memory can't be written to", e);
    }
    return tensor.name();
  }

  /** A value of any number of images, each of this shape. */
  private static ValueInfoProto value(String name, DataType type, int... shape) {
    TensorShapeProto.Builder dimensions =
        TensorShapeProto.newBuilder().addDim(Dimension.newBuilder().setDimParam("N"));
    for (int length : shape) {
      dimensions.addDim(Dimension.newBuilder().setDimValue(length));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(type.getNumber())
                        .setShape(dimensions)))
        .build();
  }
}
