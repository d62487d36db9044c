package io.streamgrad.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.v1.Streamgrad;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON is JSON: RFC 8259 with Protobuf's mapping, and what is refused says why and where. */
class JsonMessagesTest {
  private static final long SEED = 18;

  /** Each with words of the reason. */
  private static Stream<List<String>> notJson() {
    return Stream.of(
        List.of(
            "{\"height\":2}{\"height\":3}", "there is more after the object, at line 1, column 13"),
        List.of("{\"height\":2} {\"height\":3}", "there is more after the object"),
        List.of("{\"height\":2}}", "Unexpected close marker '}'"),
        List.of("{\"height\":2},", "Unexpected character (','"),
        List.of("{\"height\":2} width", "Unrecognized token 'width'"),
        List.of("{\"height\":2}\0", "CTRL-CHAR, code 0"),
        List.of("{\"height\":2,\"height\":2}", "Duplicate field 'height'"),
        List.of("{\"height\":null,\"height\":2}", "Duplicate field 'height'"),
        List.of("{\"hei\\u0067ht\":2,\"height\":2}", "Duplicate field 'height'"),
        List.of(
            "{\"batchId\":\"a\",\"batch_id\":\"b\"}", "batchId and batch_id are the same field"),
        List.of("{\"batchId\":null,\"batch_id\":\"b\"}", "batchId and batch_id are the same field"),
        List.of("{\"new\":1,\"new\":2}", "Duplicate field 'new'"),
        List.of("{\"new\":{\"a\":1,\"a\":2}}", "Duplicate field 'a'"),
        List.of("/* images */{\"height\":2}", "comment"),
        List.of("{\"height\":2 // rows\n}", "comment"),
        List.of("# images\n{\"height\":2}", "Unexpected character ('#'"),
        List.of("{height:2}", "double-quote to start field name"),
        List.of("{'height':2}", "double-quote to start field name"),
        List.of("{\"batchId\":'a'}", "Unexpected character ('''"),
        List.of("{\"height\":2,}", "double-quote to start field name"),
        List.of("{\"new\":[1,]}", "Unexpected character (']'"),
        List.of("{\"new\":[,1]}", "Unexpected character (','"),
        List.of("{\"height\"=2}", "colon"),
        List.of("{\"height\" 2}", "colon"),
        List.of("{\"new\":NaN}", "Non-standard token 'NaN', at line"),
        List.of("{\"new\":Infinity}", "Non-standard token 'Infinity'"),
        List.of("{\"new\":-Infinity}", "Non-standard token '-Infinity'"),
        List.of("{\"new\":TRUE}", "Unrecognized token 'TRUE'"),
        List.of("{\"new\":undefined}", "Unrecognized token 'undefined'"),
        List.of("{\"height\":02}", "Leading zeroes"),
        List.of("{\"height\":+2}", "plus signs, at line"),
        List.of("{\"height\":.2e1}", "Unexpected character ('.'"),
        List.of("{\"height\":2.}", "Decimal point not followed by a digit"),
        List.of("{\"height\":2e}", "Exponent indicator not followed by a digit"),
        List.of("{\"height\":0x2}", "Unexpected character ('x'"),
        List.of("{\"batchId\":\"a\tb\"}", "CTRL-CHAR, code 9"),
        List.of("{\"batchId\":\"a\nb\"}", "CTRL-CHAR, code 10"),
        List.of("{\"pixels\":\"AAEC\nAw==\"}", "CTRL-CHAR, code 10"),
        List.of("{\"batchId\":\"\\x41\"}", "Unrecognized character escape 'x'"),
        List.of("{\"batchId\":\"\\'\"}", "Unrecognized character escape"),
        List.of("{\"batchId\":\"\\ud800\"}", "text has \\ud800, half of a character"),
        List.of("{\"batchId\":\"\\udc00\\ud800\"}", "text has \\udc00, half of a character"),
        List.of("{\"batchId\":\"a\\ud800b\"}", "text has \\ud800, half of a character"),
        List.of("{\"new\":\"\\ud800\"}", "text has \\ud800, half of a character"),
        List.of("{\"new\":{\"\\udfff\":[]}}", "low surrogate in field name: 0xdfff"),
        List.of("{\"\\ud800\":1}", "surrogate pair in field name"),
        List.of("\ufeff{\"height\":2}", "byte order mark"),
        List.of("\u00a0{\"height\":2}", "Unexpected character"),
        List.of("", "the value must be an object"),
        List.of("  \n", "the value must be an object"),
        List.of("null", "the value must be an object"),
        List.of("[{\"height\":2}]", "the value must be an object"),
        List.of("{\"height\":2", "Unexpected end-of-input"),
        List.of("{\"batchId\":\"a", "Unexpected end-of-input"),
        List.of("{\"height\":" + "1".repeat(1001) + "}", "exceeds the maximum allowed"),
        List.of("{\"new\":" + "[".repeat(101) + "]".repeat(101) + "}", "nesting depth"));
  }

  @ParameterizedTest
  @MethodSource("notJson")
  void whatIsNotJsonIsRefusedWithWhatIsWrongAndWhere(List<String> valueAndReason) {
    assertThat(refusal(valueAndReason.get(0).getBytes(UTF_8)))
        .startsWith("the value is not a valid ImageBatch in JSON: ")
        .contains(valueAndReason.get(1))
        .doesNotContainIgnoringCase("feature")
        .doesNotContain("enable", "Source:", "`")
        .hasSizeLessThan(400);
  }

  private static Stream<List<String>> outOfRange() {
    String whole = "a whole number from 0 to 4294967295";
    return Stream.of(
        List.of("height", "-1", whole),
        List.of("height", "1.5", whole),
        List.of("height", "4294967296", whole),
        List.of("height", "1099511627776", whole),
        List.of("height", "1e400", whole),
        List.of("height", "1e999999999", whole),
        List.of("height", "1e99999999999", whole),
        List.of("height", "1e-999999999", whole),
        List.of("height", "\"-1\"", whole),
        List.of("height", "\"1e999999999\"", whole),
        List.of("height", "\"0x10\"", whole),
        List.of("height", "\"+2\"", whole),
        List.of("height", "\" 2\"", whole),
        List.of("height", "\"02\"", whole),
        List.of("height", "\"\"", whole),
        List.of("height", "\"1." + "0".repeat(JsonScalars.MAX_NUMBER_LENGTH) + "\"", whole),
        List.of("height", "true", whole),
        List.of("height", "[2]", "an array; must be " + whole),
        List.of("height", "{}", "an object; must be " + whole),
        List.of("batchId", "5", "5; must be text"),
        List.of("batchId", "true", "true; must be text"),
        List.of("batchId", "[\"a\"]", "an array; must be text"),
        List.of("pixels", "1234", "1234; must be text in base64"),
        List.of("pixels", "true", "true; must be text in base64"),
        List.of("pixels", "[\"AAAA\"]", "an array; must be text in base64"));
  }

  @ParameterizedTest
  @MethodSource("outOfRange")
  void whatAFieldDoesNotTakeIsRefusedWithTheFieldTheValueAndWhatItTakes(List<String> example) {
    String field = example.get(0);
    String value = example.get(1);

    assertThat(refusal("{\"%s\": %s}".formatted(field, value).getBytes(UTF_8)))
        .contains(field + " is ")
        .contains(example.get(2))
        .contains("at line 1, column");
  }

  private static Stream<List<String>> notBase64() {
    return Stream.of(
        List.of("AAEC\\nAw==", "character 5 is U+000A LINE FEED (LF)"),
        List.of("AA+/EC\\r\\nAw==", "character 7 is U+000D CARRIAGE RETURN (CR)"),
        List.of("AA+_", "character 3 is U+002B PLUS SIGN"),
        List.of("A A=", "character 2 is U+0020 SPACE"),
        List.of("AA*/", "character 3 is U+002A ASTERISK"),
        List.of("AA\\u00e9A", "character 3 is U+00E9 LATIN SMALL LETTER E WITH ACUTE"),
        List.of("\\ud83d\\ude00", "character 1 is U+1F600 GRINNING FACE"),
        List.of("AA\\u0378A", "character 3 is U+0378; must be"),
        List.of("=AAA", "character 1 is U+003D EQUALS SIGN"),
        List.of("A", "1 characters, padding included, are no whole number of bytes"),
        List.of("AAAAA", "5 characters"),
        List.of("AA=", "3 characters"),
        List.of("AA=A", "4 characters"));
  }

  @ParameterizedTest
  @MethodSource("notBase64")
  void whatIsNotBase64IsRefusedWithTheCharacterThatIsThere(List<String> textAndReason) {
    assertThat(refusal("{\"pixels\":\"%s\"}".formatted(textAndReason.get(0)).getBytes(UTF_8)))
        .contains("pixels is not base64: " + textAndReason.get(1))
        .contains("without line breaks or spaces");
  }

  @Test
  void whatIsNotUtf8IsRefusedWithItsPlace() {
    assertThat(refusal("{\"batchId\":\"\u00e9\"}".getBytes(ISO_8859_1)))
        .endsWith("byte 12 is not UTF-8");
    byte[] surrogate = "{\"batchId\":\"---\"}".getBytes(UTF_8);
    surrogate[12] = (byte) 0xed;
    surrogate[13] = (byte) 0xa0;
    surrogate[14] = (byte) 0x80;
    assertThat(refusal(surrogate)).endsWith("byte 12 is not UTF-8");
    byte[] overlong = "{\"batchId\":\"--\"}".getBytes(UTF_8);
    overlong[12] = (byte) 0xc1;
    overlong[13] = (byte) 0x81;
    assertThat(refusal(overlong)).endsWith("byte 12 is not UTF-8");
    assertThat(refusal("{}".getBytes(UTF_16))).endsWith("byte 0 is not UTF-8");
    assertThat(refusal(new byte[] {'{', 0, '}', 0})).contains("CTRL-CHAR, code 0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"height\":28,\"batchId\":\"a\"}",
        "{\"height\":28,\"batch_id\":\"a\"}",
        " \t\r\n{ \"height\" : 28 , \"batchId\" : \"a\" } \n",
        "{\"height\":\"28\",\"batchId\":\"a\"}",
        "{\"height\":28.0,\"batchId\":\"a\"}",
        "{\"height\":2.8e1,\"batchId\":\"a\"}",
        "{\"height\":\"280E-1\",\"batchId\":\"\\u0061\"}",
        "{\"height\":28,\"batchId\":\"a\",\"width\":null,\"pixels\":null}",
        "{\"new\":[1,{\"a\":[\"\\ud83d\\ude00\",null,true,-1e-7]}],\"height\":28,\"batchId\":\"a\"}",
        "{\"Height\":1,\"height\":28,\"new\":{\"height\":2},\"batchId\":\"a\"}"
      })
  void theMappingsFormsAreRead(String json) throws BadRecordException {
    assertThat(read(json)).isEqualTo(ImageBatch.newBuilder().setHeight(28).setBatchId("a").build());
  }

  @ParameterizedTest
  @ValueSource(strings = {"+/+/AA==", "+/+/AA", "-_-_AA==", "-_-_AA", "\\u002b\\/+/AA"})
  void bothAlphabetsOfBase64AreReadWithAndWithoutPadding(String text) throws BadRecordException {
    assertThat(read("{\"pixels\":\"" + text + "\"}").getPixels())
        .isEqualTo(ByteString.copyFrom(new byte[] {-5, -1, -65, 0}));
  }

  @Test
  void largeAndSmallNumbersOfEachKindAreRead() throws BadRecordException {
    PredictionBatch read =
        JsonMessages.read(
                ("{\"modelVersion\":\"18446744073709551615\",\"classes\":[4294967295,0,\"1\"],"
                     + "\"input\":{\"partition\":-2147483648,\"offset\":\"-9223372036854775808\"},"
                     + "\"confidences\":[3.4028235e38,-0,\"NaN\",\"Infinity\",\"-Infinity\",1e-60],"
                     + "\"score\":{\"meanLoss\":1.7976931348623157E308}}")
                    .getBytes(UTF_8),
                PredictionBatch.newBuilder())
            .build();

    assertThat(read.getModelVersion()).isEqualTo(-1);
    assertThat(read.getClassesList()).containsExactly(-1, 0, 1);
    assertThat(read.getInput().getPartition()).isEqualTo(Integer.MIN_VALUE);
    assertThat(read.getInput().getOffset()).isEqualTo(Long.MIN_VALUE);
    assertThat(read.getConfidencesList())
        .containsExactly(
            Float.MAX_VALUE, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f);
    assertThat(read.getScore().getMeanLoss()).isEqualTo(Double.MAX_VALUE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"modelVersion\":18446744073709551616}",
        "{\"modelVersion\":-1}",
        "{\"input\":{\"offset\":9223372036854775808}}",
        "{\"confidences\":[3.5e38]}",
        "{\"confidences\":[\"1e999\"]}",
        "{\"confidences\":[null]}",
        "{\"confidences\":1}",
        "{\"score\":[]}",
        "{\"score\":{\"meanLoss\":1e400}}",
        "{\"score\":{\"meanLoss\":\"nan\"}}"
      })
  void numbersBeyondTheirFieldsAreRefused(String json) {
    BadRecordException e =
        catchThrowableOfType(
            BadRecordException.class,
            () -> JsonMessages.read(json.getBytes(UTF_8), PredictionBatch.newBuilder()));
    assertThat(e)
        .hasMessageMatching(".*(modelVersion|offset|confidences|score|meanLoss) is .*; must be .*");
  }

  @Test
  void aFloatIsRoundedOnce() throws BadRecordException {
    String belowHalf = "1.00000017881393432617187499999"; // as a double it is the half
    PredictionBatch read =
        JsonMessages.read(
                "{\"confidences\":[%s]}".formatted(belowHalf).getBytes(UTF_8),
                PredictionBatch.newBuilder())
            .build();

    assertThat(read.getConfidences(0)).isEqualTo(Math.nextUp(1f));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "\"true\"", "[true]"})
  void whatIsNoTruthValueIsRefused(String value) {
    BadRecordException e =
        catchThrowableOfType(
            BadRecordException.class,
            () ->
                JsonMessages.read(
                    "{\"diverged\":%s}".formatted(value).getBytes(UTF_8),
                    MetricsReport.newBuilder()));
    assertThat(e).hasMessageMatching(".*diverged is .*; must be true or false.*");
  }

  @Test
  void anEnumGoesByNameOrNumberAndANewOneIsLeftOut() throws BadRecordException {
    assertThat(reason("\"REASON_TIME\"")).isEqualTo(MetricsReport.Reason.REASON_TIME);
    assertThat(reason("2")).isEqualTo(MetricsReport.Reason.REASON_TIME);
    assertThat(reason("99")).isEqualTo(MetricsReport.Reason.UNRECOGNIZED);
    assertThat(reason("\"REASON_NEW\"")).isEqualTo(MetricsReport.Reason.REASON_UNSPECIFIED);
  }

  private static MetricsReport.Reason reason(String json) throws BadRecordException {
    return JsonMessages.read(
            ("{\"reason\":" + json + "}").getBytes(UTF_8), MetricsReport.newBuilder())
        .getReason();
  }

  /**
   * What Protobuf's own printer writes, in each of its ways, is read as Protobuf's own parser does.
   */
  @Test
  void whatProtobufPrintsIsReadToTheSameBits() throws Exception {
    Random random = new Random(SEED);
    List<JsonFormat.Printer> printers =
        List.of(
            JsonFormat.printer(),
            JsonFormat.printer().omittingInsignificantWhitespace(),
            JsonFormat.printer().preservingProtoFieldNames(),
            JsonFormat.printer().printingEnumsAsInts(),
            JsonFormat.printer().alwaysPrintFieldsWithNoPresence());
    for (int round = 0; round < 2_000; round++) {
      for (Message.Builder type :
          List.of(
              ImageBatch.newBuilder(), PredictionBatch.newBuilder(), MetricsReport.newBuilder())) {
        Message message = fill(type, random);
        String json = printers.get(round % printers.size()).print(message);

        assertThat(JsonMessages.read(json.getBytes(UTF_8), type.clone().clear()).build())
            .isEqualTo(message);
      }
    }
  }

  private static Message fill(Message.Builder message, Random random) {
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      for (int n = field.isRepeated() ? random.nextInt(4) : random.nextInt(2); n > 0; n--) {
        Object value = value(field, message, random);
        if (field.isRepeated()) {
          message.addRepeatedField(field, value);
        } else {
          message.setField(field, value);
        }
      }
    }
    return message.build();
  }

  private static Object value(FieldDescriptor field, Message.Builder message, Random random) {
    return switch (field.getJavaType()) {
      case INT -> random.nextInt() >> random.nextInt(32);
      case LONG -> random.nextLong() >> random.nextInt(64);
      case FLOAT -> Float.intBitsToFloat(random.nextInt());
      case DOUBLE -> Double.longBitsToDouble(random.nextLong());
      case BOOLEAN -> random.nextBoolean();
      case STRING -> text(random);
      case BYTE_STRING -> {
        byte[] bytes = new byte[random.nextInt(50)];
        random.nextBytes(bytes);
        yield ByteString.copyFrom(bytes);
      }
      case ENUM ->
          field
              .getEnumType()
              .getValues()
              .get(random.nextInt(field.getEnumType().getValues().size()));
      case MESSAGE -> fill(message.newBuilderForField(field), random);
    };
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(8); n > 0; n--) {
      int c = random.nextInt(random.nextBoolean() ? 0x80 : Character.MAX_CODE_POINT);
      text.appendCodePoint(Character.getType(c) == Character.SURROGATE ? '<' : c);
    }
    return text.toString();
  }

  @Test
  void theMessagesHaveNoFieldsThatAreNotRead() {
    List<Descriptor> types = new ArrayList<>(Streamgrad.getDescriptor().getMessageTypes());
    assertThat(types)
        .isNotEmpty()
        .allSatisfy(
            type -> {
              assertThat(type.getOneofs()).isEmpty();
              assertThat(type.getFields())
                  .allSatisfy(
                      field ->
                          assertThat(
                                  field.isMapField()
                                      || (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                                          && !types.contains(field.getMessageType())))
                              .as(field.getFullName())
                              .isFalse());
            });
  }

  private static ImageBatch read(String json) throws BadRecordException {
    return JsonMessages.read(json.getBytes(UTF_8), ImageBatch.newBuilder()).build();
  }

  private static String refusal(byte[] value) {
    BadRecordException e =
        Objects.requireNonNull(
            catchThrowableOfType(
                BadRecordException.class, () -> JsonMessages.read(value, ImageBatch.newBuilder())));
    assertThat(e.reason()).isEqualTo(BadRecordException.Reason.UNREADABLE);
    return Objects.requireNonNull(e.getMessage());
  }
}
