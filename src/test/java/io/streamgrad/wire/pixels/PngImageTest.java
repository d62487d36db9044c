package io.streamgrad.wire.pixels;

import static io.streamgrad.wire.pixels.PngFiles.chunk;
import static io.streamgrad.wire.pixels.PngFiles.concat;
import static io.streamgrad.wire.pixels.PngFiles.deflated;
import static io.streamgrad.wire.pixels.PngFiles.header;
import static io.streamgrad.wire.pixels.PngFiles.signature;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PngImageTest {
  private static final byte[] GREY = {0, 1, 2, 3, 50, 51, 52, 53, (byte) 200, (byte) 201, 9, 8};
  private static final byte[] GOOD = PngFiles.png(3, 4, 1, GREY);
  private static final byte[] IHDR = header(3, 4, 8, 0);
  private static final byte[] DATA = deflated(PngFiles.rows(3, 4, GREY));
  private static final byte[] IDAT = chunk("IDAT", DATA);
  private static final byte[] IEND = chunk("IEND");

  /** Written and computed by src/test/python/png_samples.py, and read by Pillow. */
  @ParameterizedTest
  @CsvFileSource(resources = "/png/expected.csv")
  void givenAnyKindOfPngWhenDecodedThenItIsWhatAnIndependentDecoderReads(
      String name, int height, int width, String grey, String color) throws Exception {
    byte[] file = Files.readAllBytes(Path.of("src/test/resources/png", name + ".png"));
    PngImage image = PngImage.of(ByteBuffer.wrap(file));

    assertThat(image.height()).isEqualTo(height);
    assertThat(image.width()).isEqualTo(width);
    assertThat(sha256(image.pixels(1))).as("grey").isEqualTo(grey);
    assertThat(sha256(image.pixels(3))).as("color").isEqualTo(color);
  }

  @Test
  void greyStaysAsItIs() throws ImageFormatException {
    assertThat(decode(GOOD)).containsExactly(GREY);
  }

  @Test
  void whatIsNotOpaqueLiesOnBlack() throws ImageFormatException {
    byte[] rows = {0, (byte) 255, (byte) 255, (byte) 255, (byte) 128, (byte) 200, 0};
    byte[] file =
        concat(signature(), header(1, 3, 8, 4), chunk("IDAT", deflated(rows)), chunk("IEND"));

    assertThat(decode(file)).containsExactly(255, 128, 0);
  }

  static Stream<Map.Entry<String, byte[]>> badFiles() {
    byte[] damaged = GOOD.clone();
    damaged[45] ^= 1;
    byte[] unknownFilter = PngFiles.rows(3, 4, GREY);
    unknownFilter[5] = 7;
    byte[] noCheckValue = Arrays.copyOf(DATA, DATA.length - 4);
    byte[] wrongCheckValue = DATA.clone();
    wrongCheckValue[DATA.length - 1]++;
    Map<String, byte[]> bad = new LinkedHashMap<>();
    bad.put("signature", new byte[0]);
    bad.put("PNG's signature", concat(new byte[] {1}, GOOD));
    bad.put("whole IHDR", signature());
    bad.put("begin with a whole IHDR", concat(signature(), IDAT, IHDR, IEND));
    bad.put("ends within", Arrays.copyOf(GOOD, 50));
    bad.put("without IEND", concat(signature(), IHDR, IDAT));
    bad.put("check sum", damaged);
    bad.put("more after IEND", concat(GOOD, new byte[1]));
    bad.put("no IDAT", concat(signature(), IHDR, IEND));
    bad.put("IHDR comes twice", concat(signature(), IHDR, IHDR, IDAT, IEND));
    bad.put("between its IDATs", concat(signature(), IHDR, IDAT, chunk("teXt"), IDAT, IEND));
    bad.put("critical chunk \"ABCD\"", concat(signature(), IHDR, chunk("ABCD"), IDAT, IEND));
    bad.put("more than the 15 bytes", file(DATA, chunk("IDAT", (byte) 1)));
    bad.put("is more than", file(deflated(new byte[16])));
    bad.put("less than the 15 bytes", file(deflated(new byte[14])));
    bad.put("is less than", file(noCheckValue));
    bad.put("data is damaged", file(wrongCheckValue));
    bad.put("damaged", file(new byte[20]));
    bad.put("filter 7", file(deflated(unknownFilter)));
    bad.put("0 x 4", concat(signature(), header(0, 4, 8, 0), IDAT, IEND));
    bad.put("3 x 4294967295", concat(signature(), header(3, -1, 8, 0), IDAT, IEND));
    bad.put("color type 2 with 4 bits", concat(signature(), header(3, 4, 4, 2), IDAT, IEND));
    bad.put("color type 5", concat(signature(), header(3, 4, 8, 5), IDAT, IEND));
    bad.put("palette is missing", concat(signature(), header(3, 4, 8, 3), IDAT, IEND));
    bad.put(
        "of 2 in the palette",
        concat(signature(), header(3, 4, 8, 3), chunk("PLTE", new byte[6]), IDAT, IEND));
    bad.put(
        "PLTE has 5 bytes",
        concat(signature(), header(3, 4, 8, 3), chunk("PLTE", new byte[5]), IDAT, IEND));
    bad.put("tRNS of 3 bytes", concat(signature(), IHDR, chunk("tRNS", new byte[3]), IDAT, IEND));
    bad.put("tRNS comes twice", concat(signature(), IHDR, IDAT, chunk("tRNS", new byte[2]), IEND));
    return bad.entrySet().stream();
  }

  private static byte[] file(byte[] data, byte[]... more) {
    return concat(signature(), IHDR, chunk("IDAT", data), concat(more), IEND);
  }

  @ParameterizedTest
  @MethodSource("badFiles")
  void givenADamagedFileWhenDecodedThenItIsRefusedWithTheReason(Map.Entry<String, byte[]> bad) {
    assertThatThrownBy(() -> decode(bad.getValue()))
        .isInstanceOf(ImageFormatException.class)
        .hasMessageContaining(bad.getKey());
  }

  /** Nobody checks what is cut off, or changed, at any place: it is noticed. */
  @Test
  void givenAnyByteLostOrChangedWhenDecodedThenItIsRefused() {
    for (int i = 0; i < GOOD.length; i++) {
      byte[] cut = Arrays.copyOf(GOOD, i);
      byte[] changed = GOOD.clone();
      changed[i] ^= 0x10;
      assertThatThrownBy(() -> decode(cut)).isInstanceOf(ImageFormatException.class);
      assertThatThrownBy(() -> decode(changed)).isInstanceOf(ImageFormatException.class);
    }
  }

  /** A megabyte of zeros is a kilobyte: memory follows the header, which was looked at. */
  @Test
  void givenABombWhenDecodedThenItTakesTheMemoryOfItsHeader() {
    byte[] bomb = file(deflated(new byte[50_000_000]));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    assertThatThrownBy(() -> decode(bomb)).hasMessageContaining("is more than");

    long before = threads.getCurrentThreadAllocatedBytes();
    assertThatThrownBy(() -> decode(bomb)).hasMessageContaining("is more than");
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(100_000);
  }

  /** Chunks with good check sums, of whatever bytes: a picture, or a reason why not. */
  @ParameterizedTest
  @ValueSource(strings = {"rgb-alpha-16-interlaced", "palette-alpha", "grey-1"})
  void givenMutatedChunksWhenDecodedThenNothingButAReasonComesOut(String name) throws IOException {
    byte[] good = Files.readAllBytes(Path.of("src/test/resources/png", name + ".png"));
    Random random = new Random(18);
    int decoded = 0;
    for (int round = 0; round < 5000; round++) {
      byte[] file = good.clone();
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        file[8 + random.nextInt(file.length - 8)] = (byte) random.nextInt(256);
      }
      mend(file);
      try {
        PngImage image = PngImage.of(ByteBuffer.wrap(file));
        if ((long) image.height() * image.width() <= 10_000) {
          assertThat(image.pixels(3)).hasSize(image.height() * image.width() * 3);
          decoded++;
        }
      } catch (ImageFormatException e) {
        assertThat(e).hasMessageMatching("(?s).+");
      }
    }
    assertThat(decoded).isBetween(1, 4999);
  }

  /** Writes the check sum of each chunk anew, as far as there are chunks. */
  private static void mend(byte[] file) {
    ByteBuffer all = ByteBuffer.wrap(file);
    int at = 8;
    while (at + 12 <= file.length) {
      int length = all.getInt(at);
      if (length < 0 || length > file.length - at - 12) {
        return;
      }
      CRC32 crc = new CRC32();
      crc.update(file, at + 4, 4 + length);
      all.putInt(at + 8 + length, (int) crc.getValue());
      at += 12 + length;
    }
  }

  private static byte[] decode(byte[] file) throws ImageFormatException {
    return PngImage.of(ByteBuffer.wrap(file)).pixels(1);
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
