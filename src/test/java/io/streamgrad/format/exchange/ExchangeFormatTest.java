package io.streamgrad.format.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.Parameters;
import io.streamgrad.onnx.ModelProto;
import io.streamgrad.onnx.NodeProto;
import io.streamgrad.onnx.TensorProto;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is in the files, byte by byte. Who else reads them is in {@link ExportReadersTest}. */
class ExchangeFormatTest {
  private static final Map<String, String> PLAIN_SGD =
      Map.of("model.averaging", "0", "model.input-scaling", "unit");

  /** If this is red on purpose: who has read such files must be told, in CHANGELOG.md. */
  @ParameterizedTest
  @EnumSource
  void aFileHasTheBytesThatItAlwaysHad(ExchangeFormat format) throws IOException {
    assertThat(ExportSample.bytes(format, ExportSample.everything(null)))
        .isEqualTo(Files.readAllBytes(ExportSample.golden(format)));
  }

  @ParameterizedTest
  @EnumSource
  void theSameStateGivesTheSameBytesAlsoOnceItWasStored(ExchangeFormat format) {
    ModelExport export = ExportSample.everything(null);
    ModelEntry stored = ModelCodec.decode(ModelCodec.encode(export.entry()));
    ModelExport again =
        new ModelExport(export.name(), stored, export.imagesTopic(), export.configuration(), null);

    assertThat(ExportSample.bytes(format, again)).isEqualTo(ExportSample.bytes(format, export));
  }

  @Test
  void safetensorsHaveEveryArrayUnderPyTorchsNamesAndWhereTheyComeFrom() throws IOException {
    ModelExport export = ExportSample.everything(null);
    ByteBuffer file = safetensors(export);
    JsonNode header = header(file);

    Map<String, String> shapes = new LinkedHashMap<>();
    header.properties().stream()
        .filter(tensor -> !tensor.getKey().equals("__metadata__"))
        .forEach(
            tensor ->
                shapes.put(
                    tensor.getKey(),
                    tensor.getValue().get("dtype").asText() + tensor.getValue().get("shape")));
    assertThat(shapes)
        .containsExactly(
            entry("pixels.images", "I64[]"),
            entry("pixels.sums", "I64[4]"),
            entry("pixels.squares", "I64[4]"),
            entry("0.weight", "F32[5,4]"),
            entry("0.bias", "F32[5]"),
            entry("2.weight", "F32[3,5]"),
            entry("2.bias", "F32[3]"),
            entry("averaged.0.weight", "F32[5,4]"),
            entry("averaged.0.bias", "F32[5]"),
            entry("averaged.2.weight", "F32[3,5]"),
            entry("averaged.2.bias", "F32[3]"),
            entry("moment1.0.weight", "F32[5,4]"),
            entry("moment1.0.bias", "F32[5]"),
            entry("moment1.2.weight", "F32[3,5]"),
            entry("moment1.2.bias", "F32[3]"),
            entry("moment2.0.weight", "F32[5,4]"),
            entry("moment2.0.bias", "F32[5]"),
            entry("moment2.2.weight", "F32[3,5]"),
            entry("moment2.2.bias", "F32[3]"));
    JsonNode metadata = header.get("__metadata__");
    assertThat(metadata.get("model").asText()).isEqualTo("\"zw\u00f6lf\" \\ 12");
    assertThat(metadata.get("version").asText()).isEqualTo("20");
    assertThat(metadata.get("weights").asText()).isEqualTo("plain");
    assertThat(metadata.get("images.topic").asText()).isEqualTo("digits.images");
    assertThat(metadata.get("images.partition").asText()).isEqualTo("2");
    assertThat(metadata.get("images.offset").asText()).isEqualTo("19");
    assertThat(metadata.get("diverged").asText()).isEqualTo("false");
    assertThat(metadata.get("weights.sha256").asText())
        .isEqualTo(ModelCodec.weightsSha256(export.entry()));
    JsonNode configuration = new ObjectMapper().readTree(metadata.get("configuration").asText());
    assertThat(configuration.get("layers").toString()).isEqualTo("[4,5,3]");
    assertThat(configuration.get("input-scaling").asText()).isEqualTo("standardize");
    assertThat(configuration.get("optimizer").get("type").asText()).isEqualTo("adam");
  }

  @Test
  void theNumbersAreThoseOfTheState() throws IOException {
    ModelExport export = ExportSample.everything(null);
    ByteBuffer file = safetensors(export);
    JsonNode header = header(file);
    Parameters average = Objects.requireNonNull(export.entry().state().average());

    assertThat(floats(file, header, "0.weight"))
        .containsExactly(export.entry().state().parameters().weights(0).data);
    assertThat(floats(file, header, "averaged.2.bias")).containsExactly(average.biases(1).data);
    assertThat(floats(file, header, "moment2.2.weight"))
        .containsExactly(export.entry().state().moments().get(1).weights(1).data);
    int sums = data(file, header, "pixels.sums");
    assertThat(file.getLong(sums))
        .isEqualTo(Objects.requireNonNull(export.entry().state().statistics()).sums()[0]);
    assertThat(data(file, header, "moment2.2.bias") + 3 * Float.BYTES).isEqualTo(file.capacity());
  }

  @Test
  void onlySomeWeightsAreUnderTheSameNamesWithoutTheRestOfTheState() throws IOException {
    ByteBuffer averaged = safetensors(ExportSample.everything(Weights.AVERAGED));
    ByteBuffer plain = safetensors(ExportSample.everything(Weights.PLAIN));
    ByteBuffer all = safetensors(ExportSample.everything(null));

    assertThat(header(averaged).fieldNames())
        .toIterable()
        .containsExactly(
            "__metadata__",
            "pixels.images",
            "pixels.sums",
            "pixels.squares",
            "0.weight",
            "0.bias",
            "2.weight",
            "2.bias");
    assertThat(header(averaged).get("__metadata__").get("weights").asText()).isEqualTo("averaged");
    assertThat(floats(averaged, header(averaged), "2.weight"))
        .isEqualTo(floats(all, header(all), "averaged.2.weight"))
        .isNotEqualTo(floats(all, header(all), "2.weight"));
    assertThat(floats(plain, header(plain), "2.weight"))
        .isEqualTo(floats(all, header(all), "2.weight"));
  }

  @Test
  void aModelWithoutAveragesOrStatisticsHasNoneAndThatIsSaid() throws IOException {
    ByteBuffer file = safetensors(ExportSample.export(PLAIN_SGD, null));

    assertThat(header(file).fieldNames())
        .toIterable()
        .containsExactly("__metadata__", "0.weight", "0.bias", "2.weight", "2.bias");
    assertThatThrownBy(() -> ExportSample.export(PLAIN_SGD, Weights.AVERAGED))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no averaged weights");
  }

  @Test
  void anOnnxGraphScalesAsTheModelDoesAndHasTheWeightsThatPredict() throws IOException {
    ModelProto standardized =
        ModelProto.parseFrom(
            ExportSample.bytes(ExchangeFormat.ONNX, ExportSample.everything(null)));
    ModelProto scaled =
        ModelProto.parseFrom(
            ExportSample.bytes(ExchangeFormat.ONNX, ExportSample.export(PLAIN_SGD, null)));

    assertThat(standardized.getGraph().getNodeList().stream().map(NodeProto::getOpType))
        .containsExactly("Cast", "Mul", "Sub", "Mul", "Gemm", "Relu", "Gemm", "ArgMax", "Softmax");
    assertThat(scaled.getGraph().getNodeList().stream().map(NodeProto::getOpType))
        .containsExactly("Cast", "Mul", "Gemm", "Relu", "Gemm", "ArgMax", "Softmax");
    Parameters average =
        Objects.requireNonNull(ExportSample.everything(null).entry().state().average());
    TensorProto weight =
        standardized.getGraph().getInitializerList().stream()
            .filter(each -> each.getName().equals("0.weight"))
            .findFirst()
            .orElseThrow();
    assertThat(weight.getDimsList()).containsExactly(5L, 4L);
    assertThat(weight.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).getFloat())
        .isEqualTo(average.weights(0).data[0]);
    assertThat(standardized.getModelVersion()).isEqualTo(20);
    assertThat(standardized.getMetadataPropsList())
        .anyMatch(each -> each.getKey().equals("weights") && each.getValue().equals("averaged"));
  }

  @Test
  void npzHasTheSameArraysAsFilesOfNoTime() throws IOException {
    ModelExport export = ExportSample.everything(null);
    ByteBuffer other = safetensors(export);
    JsonNode header = header(other);
    Map<String, byte[]> files = new LinkedHashMap<>();
    try (ZipInputStream zip =
        new ZipInputStream(
            new ByteArrayInputStream(ExportSample.bytes(ExchangeFormat.NPZ, export)))) {
      for (ZipEntry each = zip.getNextEntry(); each != null; each = zip.getNextEntry()) {
        assertThat(each.getMethod()).isEqualTo(ZipEntry.STORED);
        assertThat(each.getTimeLocal()).hasToString("1980-01-01T00:00");
        files.put(each.getName(), zip.readAllBytes());
      }
    }

    assertThat(files.keySet())
        .containsExactlyElementsOf(
            header.properties().stream().map(each -> each.getKey() + ".npy").toList());
    String matrix = new String(Objects.requireNonNull(files.get("2.weight.npy")), UTF_8);
    assertThat(matrix).contains("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 5), }");
    assertThat(new String(Objects.requireNonNull(files.get("2.bias.npy")), UTF_8))
        .contains("'shape': (3,), }");
    assertThat(new String(Objects.requireNonNull(files.get("pixels.images.npy")), UTF_8))
        .contains("{'descr': '<i8', 'fortran_order': False, 'shape': (), }");
    byte[] array = Objects.requireNonNull(files.get("0.weight.npy"));
    assertThat(array.length - 5 * 4 * Float.BYTES).isEqualTo(128);
    assertThat(ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN).getFloat(128))
        .isEqualTo(export.entry().state().parameters().weights(0).data[0]);
  }

  private static ByteBuffer safetensors(ModelExport export) {
    return ByteBuffer.wrap(ExportSample.bytes(ExchangeFormat.SAFETENSORS, export))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private static JsonNode header(ByteBuffer file) throws IOException {
    int length = (int) file.getLong(0);
    assertThat((Long.BYTES + length) % Long.BYTES).isZero();
    byte[] json = new byte[length];
    file.get(Long.BYTES, json);
    return new ObjectMapper().readTree(new String(json, UTF_8));
  }

  /** Where a tensor's numbers begin. */
  private static int data(ByteBuffer file, JsonNode header, String name) {
    return Long.BYTES + (int) file.getLong(0) + header.get(name).get("data_offsets").get(0).asInt();
  }

  private static float[] floats(ByteBuffer file, JsonNode header, String name) {
    JsonNode offsets = header.get(name).get("data_offsets");
    float[] floats = new float[(offsets.get(1).asInt() - offsets.get(0).asInt()) / Float.BYTES];
    int from = data(file, header, name);
    file.slice(from, floats.length * Float.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(floats);
    return floats;
  }
}
