#!/usr/bin/env bash
# JDK 17 and 25, javax.imageio: a grey PNG is brighter through getRGB than in the file; the same picture
#   saved in color is not.
#
# Guess: ImageIO.read(file).getRGB(x, y) of a PNG without gAMA, sRGB or iCCP gives the samples of the file:
#   a grey of 20 is 20 for red, green and blue, as every viewer and every other decoder has it.
# Source: https://www.w3.org/TR/png-3/ (samples of a grey image are on the same scale as those of a color
#   image with equal red, green and blue); https://docs.oracle.com/en/java/javase/17/docs/api/java.desktop/java/awt/image/BufferedImage.html#getRGB(int,int)
#   ("an integer pixel in the default RGB color model ... and default sRGB colorspace").
# Behaviour: a grey image becomes one of TYPE_BYTE_GRAY, whose color space is linear, and getRGB converts
#   from linear light to sRGB: 20 comes out as 79. An RGB image of the same samples comes out as it is, and
#   so does a grey one of 4 bits, whose colors are a palette. Who feeds a model through getRGB trains on other
#   pixels than Python does; getRaster has those of the file.
# Seen:
#   grey-8 raster 0 20 128 255 getRGB 0 79 188 255
#   grey-4 raster 0 1 8 15 getRGB 0 17 136 255
#   rgb-8 raster 0 20 128 255 getRGB 0 20 128 255
#
# Needs a JDK (17 or later). Ends with 1 if the behaviour is another.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/Grey.java" <<'JAVA'
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;

class Grey {
  public static void main(String[] arguments) throws Exception {
    show("grey-8", 8, 0, new byte[] {0, 0, 20, (byte) 128, (byte) 255});
    show("grey-4", 4, 0, new byte[] {0, 0x01, (byte) 0x8f});
    show("rgb-8", 8, 2, new byte[] {0, 0, 0, 0, 20, 20, 20, -128, -128, -128, -1, -1, -1});
  }

  /** One row of four pixels, behind its filter. */
  static void show(String name, int depth, int type, byte[] row) throws Exception {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(file);
    out.writeLong(0x89504E470D0A1A0AL);
    chunk(out, "IHDR", new byte[] {0, 0, 0, 4, 0, 0, 0, 1, (byte) depth, (byte) type, 0, 0, 0});
    ByteArrayOutputStream deflated = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(deflated)) {
      deflater.write(row);
    }
    chunk(out, "IDAT", deflated.toByteArray());
    chunk(out, "IEND", new byte[0]);
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(file.toByteArray()));
    StringBuilder raster = new StringBuilder();
    StringBuilder rgb = new StringBuilder();
    for (int x = 0; x < 4; x++) {
      raster.append(' ').append(image.getRaster().getSample(x, 0, 0));
      rgb.append(' ').append(image.getRGB(x, 0) & 0xff);
    }
    System.out.println(name + " raster" + raster + " getRGB" + rgb);
  }

  static void chunk(DataOutputStream out, String type, byte[] data) throws Exception {
    CRC32 crc = new CRC32();
    crc.update(type.getBytes("US-ASCII"));
    crc.update(data);
    out.writeInt(data.length);
    out.writeBytes(type);
    out.write(data);
    out.writeInt((int) crc.getValue());
  }
}
JAVA
java -Djava.awt.headless=true "$work/Grey.java" | tee "$work/seen"
diff <(sed -n 's/^#   \([a-z]*-[0-9] raster .*\)$/\1/p' "$0") "$work/seen"
echo "as described"
