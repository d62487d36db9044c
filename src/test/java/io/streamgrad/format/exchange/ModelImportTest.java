package io.streamgrad.format.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.Split;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that models begin with: our own, PyTorch's, and what is none. */
class ModelImportTest {
  private static final Map<String, String> EVERYTHING =
      Map.of(
          "model.optimizer.type", "adam",
          "model.averaging", "0.99",
          "model.input-scaling", "standardize");
  private static final String FLOATS = "\"dtype\":\"F32\",\"shape\":";

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "adam, 0.99, standardize, SAFETENSORS",
    "adam, 0.99, standardize, NPZ",
    "nesterov, 0.9, center, SAFETENSORS",
    "sgd, 0, unit, SAFETENSORS",
    "sgd, 0, unit, NPZ"
  })
  void whatWasExportedAndImportedGivesTheSameBytesAgain(
      String optimizer, String averaging, String scaling, ExchangeFormat format) throws Exception {
    Map<String, String> settings =
        Map.of(
            "model.optimizer.type", optimizer,
            "model.averaging", averaging,
            "model.input-scaling", scaling);
    ModelExport export = ExportSample.export(settings, null);
    byte[] bytes = ExportSample.bytes(format, export);

    ModelState state = read(bytes, spec(settings));

    ModelEntry imported = new ModelEntry(state, export.entry().lineage());
    ModelExport again =
        new ModelExport(
            export.name(), imported, export.imagesTopic(), export.configuration(), null);
    assertThat(ExportSample.bytes(format, again)).isEqualTo(bytes);
    assertThat(ModelCodec.weightsSha256(imported))
        .isEqualTo(ModelCodec.weightsSha256(export.entry()));
    assertThat(state.lifetime().images()).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
  void whereNoScalingIsConfiguredItIsThatOfTheFile(ModelSpec.InputScaling scaling)
      throws Exception {
    String name = scaling.name().toLowerCase(Locale.ROOT);
    ModelExport export = ExportSample.export(Map.of("model.input-scaling", name), null);

    ModelState state = read(ExportSample.bytes(ExchangeFormat.SAFETENSORS, export), spec(plain()));

    assertThat(state.inputScaling()).isEqualTo(scaling);
    assertThat(state.mismatch(spec(plain()))).isNull();
  }

  @Test
  void averagedWeightsAloneAreWeightsAndNothingElse() throws Exception {
    ModelExport export = ExportSample.everything(Weights.AVERAGED);
    ModelState state =
        read(ExportSample.bytes(ExchangeFormat.SAFETENSORS, export), spec(EVERYTHING));

    assertThat(state.version()).isZero();
    assertThat(state.parameters().weights(0).data)
        .isEqualTo(Weights.AVERAGED.of(export.entry().state()).weights(0).data);
    assertThat(state.average()).isNotNull();
    assertThat(state.moments().get(1).weights(0).data).containsOnly(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"torch.safetensors", "torch.npz"})
  void aNetworkThatWasTrainedInPyTorchPredictsAsItDoesThereAndGoesOnLearning(String file)
      throws Exception {
    List<String> torch = Files.readAllLines(ExportSample.GOLDEN.resolve("torch.csv"));
    ModelSpec spec = ConfigLoader.load(null, Map.of(), Map.of()).model();
    ModelState state = ModelImport.read(ExportSample.GOLDEN.resolve(file), spec);
    Learner learner = new Learner(spec);

    assertThat(rightOfTest(learner, state))
        .isCloseTo(Integer.parseInt(torch.get(0)), within(2)); // sums in another order
    Prediction first = learner.predict(state, batch(Batches.of(Datasets.mnist(Split.TEST), 5)));
    List<Float> logits = new ArrayList<>();
    torch.stream()
        .skip(1)
        .flatMap(line -> Arrays.stream(line.split(",", -1)))
        .forEach(logit -> logits.add(Float.parseFloat(logit)));
    for (int i = 0; i < logits.size(); i++) {
      assertThat(first.logits()[i]).isCloseTo(logits.get(i), within(1e-4f));
    }

    Batches.of(Datasets.mnist(Split.TRAIN), 16)
        .limit(6000)
        .forEach(
            each -> Steps.take(learner, state, MiniBatch.of(784, each.pixels(), each.labels())));
    assertThat(state.version()).isEqualTo(375);
    assertThat(state.lifetime().correct()).isGreaterThan(5500); // from the first batch on
    assertThat(rightOfTest(learner, state)).isGreaterThan(9200);
  }

  private static int rightOfTest(Learner learner, ModelState state) {
    int right = 0;
    for (Batch batch : Batches.of(Datasets.mnist(Split.TEST), 100)) {
      int[] classes = learner.predict(state, batch(List.of(batch))).classes();
      for (int i = 0; i < classes.length; i++) {
        right += classes[i] == (batch.labels()[i] & 0xff) ? 1 : 0;
      }
    }
    return right;
  }

  private static MiniBatch batch(Iterable<Batch> batches) {
    Batch first = batches.iterator().next();
    return MiniBatch.of(784, first.pixels(), first.labels());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"2.bias\"        | \"3.bias\"      | tensor \"3.bias\" is none of the model's, which are"
            + " those",
        "[5,4]             | [4,5]           | tensor \"0.weight\" has the shape (4, 5), and the"
            + " model's layers [4, 5, 3] need (5, 4)",
        "\"shape\":[5]     | \"shape\":[5,1] | tensor \"0.bias\" has the shape (5, 1), and",
        "\"shape\":[3],    | \"shape\":[],   | tensor \"2.bias\" has the shape (), and",
        "F32               | BF16            | tensor \"0.weight\" has the dtype BF16; must be F32"
            + " or F64",
        "F32               | I64             | tensor \"0.weight\" has the dtype I64; must be F32",
        "F32               | F64             | tensor \"0.weight\" has not as many bytes as its"
            + " shape",
        "\"2.bias\"        | \"0.bias\"      | its header is not JSON: Duplicate field '0.bias'",
        "[0,80]            | [0,81]          | tensor \"0.bias\" does not begin where the one"
            + " before it ends",
        "[0,80]            | [0,79]          | tensor \"0.bias\" does not begin where the one"
            + " before it ends",
        "[0,80]            | [-8,80]         | tensor \"0.weight\" has a shape or data_offsets that"
            + " are none",
        "[0,80]            | [0,99999999999999999999] | tensor \"0.weight\" has a shape or"
            + " data_offsets",
        "\"shape\":[5,4],  | \"shape\":[5,4],\"x\":1, | tensor \"0.weight\" has a \"x\", which is"
            + " not known",
        "[160,172]         | [160,160]       | its tensors have not as many bytes as the file",
        "{\"version\":\"7\"} | {\"version\":7} | __metadata__ is not an object of texts",
        "{\"version\":\"7\"} | {\"version\":\"-7\",\"weights\":\"plain\"} | the version in"
            + " __metadata__"
      })
  void whatAFileSaysWronglyIsRefusedByName(String right, String wrong, String message) {
    String header = header().replaceFirst(Pattern.quote(right), wrong);
    assertThat(header).isNotEqualTo(header());
    assertThatThrownBy(() -> read(safetensors(header, new float[43]), spec(plain())))
        .isInstanceOf(UnfitFileException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aMissingTensorAndNumbersThatAreNotFiniteAreRefusedByName() throws Exception {
    String missing =
        "{" + tensor("0.weight", "[5,4]", 0, 20) + "," + tensor("0.bias", "[5]", 20, 25) + "}";
    assertThatThrownBy(() -> read(safetensors(missing, new float[25]), spec(plain())))
        .isInstanceOf(UnfitFileException.class)
        .hasMessage("tensor \"2.weight\" is missing");
    float[] numbers = new float[43];
    numbers[7] = Float.NaN;
    assertThatThrownBy(() -> read(safetensors(header(), numbers), spec(plain())))
        .hasMessageContaining("\"0.weight\" has a number that is not finite")
        .hasMessageEndingWith("the one at [1, 3]");
    assertThatThrownBy(
            () ->
                read(
                    safetensors(header(), new float[43]),
                    spec(Map.of("model.input-scaling", "center"))))
        .hasMessage("tensor \"pixels.images\" is missing");
    byte[] export = ExportSample.bytes(ExchangeFormat.SAFETENSORS, ExportSample.everything(null));
    assertThatThrownBy(() -> read(export, spec(Map.of("model.input-scaling", "unit"))))
        .hasMessageContaining("tensor \"pixels.images\" is none of the model's")
        .hasMessageEndingWith("its input-scaling is UNIT");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, 1 << 30, 5_000_000})
  void aLengthIsNotBelieved(long length) {
    byte[] file = new byte[5_000_100];
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    assertThatThrownBy(() -> read(file, spec(plain()))).isInstanceOf(UnfitFileException.class);
  }

  @Test
  void aFileThatIsCutOffAnywhereIsRefused() {
    for (String name : new String[] {"torch.safetensors", "export.npz"}) {
      byte[] whole = bytes(ExportSample.GOLDEN.resolve(name));
      for (int length = 0; length < whole.length; length += 1 + length / 50) {
        byte[] cut = Arrays.copyOf(whole, length);
        assertThatThrownBy(() -> read(cut, spec(EVERYTHING)))
            .as(name + " " + length)
            .isInstanceOf(UnfitFileException.class);
      }
    }
  }

  @Test
  void aFileWithBytesThatAreChangedIsReadOrRefusedAndNothingElse() {
    int refused = 0;
    Random random = new Random(3);
    for (ExchangeFormat format : List.of(ExchangeFormat.SAFETENSORS, ExchangeFormat.NPZ)) {
      byte[] whole = bytes(ExportSample.golden(format));
      for (int i = 0; i < 1000; i++) {
        byte[] changed = whole.clone();
        for (int change = random.nextInt(3); change >= 0; change--) {
          changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
        }
        try {
          read(changed, spec(EVERYTHING));
        } catch (UnfitFileException | IOException e) {
          refused++;
        }
      }
    }
    assertThat(refused).isGreaterThan(500);
  }

  @Test
  void whatIsPickledIsNotRead() throws Exception {
    assertThatThrownBy(() -> read(zip(Map.of("archive/data.pkl", new byte[9])), spec(plain())))
        .isInstanceOf(UnfitFileException.class)
        .hasMessageContaining("safetensors.torch.save_file");
    byte[] objects = npy("{'descr': '|O', 'fortran_order': False, 'shape': (5, 4), }", 9);
    assertThatThrownBy(() -> read(zip(Map.of("0.weight.npy", objects)), spec(plain())))
        .hasMessageContaining("array \"0.weight\" is of pickled objects");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 4), } | 79 | has not as many bytes",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 4), } | 81 | has not as many bytes",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 9999999999), } | 9 | has"
            + " the shape (9999999999, 9999999999), and",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999999999,), } | 9 | has the"
            + " shape (9999999999999999999,)",
        "{'descr': '>f4', 'fortran_order': False, 'shape': (5, 4), } | 80 | has the dtype >f4; must"
            + " be",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (5, 4), } | 80 | not one of a"
            + " plain array",
        "exec(\"print(1)\") | 80 | not one of a plain array"
      })
  void anArrayThatIsNoneOfTheModelsIsRefused(String header, int bytes, String message)
      throws Exception {
    byte[] file = zip(Map.of("0.weight.npy", npy(header, bytes)));
    String whole = "missing"; // of an array alone
    assertThatThrownBy(() -> read(file, spec(plain())))
        .isInstanceOf(UnfitFileException.class)
        .satisfiesAnyOf(
            e -> assertThat(e).hasMessageContaining(message),
            e -> assertThat(e).hasMessageContaining(whole));
  }

  private static byte[] npy(String header, int bytes) {
    byte[] text = header.getBytes(UTF_8);
    return ByteBuffer.allocate(10 + text.length + bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
        .putShort((short) text.length)
        .put(text)
        .array();
  }

  private byte[] zip(Map<String, byte[]> files) throws IOException {
    Path file = directory.resolve("made.zip");
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> each : files.entrySet()) {
        zip.putNextEntry(new ZipEntry(each.getKey()));
        zip.write(each.getValue());
        zip.closeEntry();
      }
    }
    return Files.readAllBytes(file);
  }

  /** Of the network 4-5-3. */
  private static String header() {
    return "{\"__metadata__\":{\"version\":\"7\"},"
        + tensor("0.weight", "[5,4]", 0, 20)
        + ","
        + tensor("0.bias", "[5]", 20, 25)
        + ","
        + tensor("2.weight", "[3,5]", 25, 40)
        + ","
        + tensor("2.bias", "[3]", 40, 43)
        + "}";
  }

  private static String tensor(String name, String shape, int from, int to) {
    return "\"%s\":{%s%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, FLOATS, shape, 4 * from, 4 * to);
  }

  private static byte[] safetensors(String header, float[] numbers) {
    byte[] text = header.getBytes(UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + text.length + 4 * numbers.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(text.length)
            .put(text);
    for (float number : numbers) {
      file.putFloat(number);
    }
    return file.array();
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ModelState read(byte[] bytes, ModelSpec spec) throws IOException, UnfitFileException {
    Path file = directory.resolve("model");
    Files.write(file, bytes);
    return ModelImport.read(file, spec);
  }

  private static Map<String, String> plain() {
    return Map.of();
  }

  private static ModelSpec spec(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("model.layers", "[4, 5, 3]");
    return ConfigLoader.load(null, Map.of(), all).model();
  }
}
