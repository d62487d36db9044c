package io.streamgrad.format.state;

import io.streamgrad.model.LastGood;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import java.nio.ByteBuffer;

/**
 * 8 their version, 8 sum of losses (double) and 8 images of the evidence, 8 x 16 means of the last
 * looks (double), then the last good weights as parameters.
 */
final class LastGoodLayout implements SectionLayout {
  private static final int FIXED_BYTES = (3 + LastGood.LOOKS) * Long.BYTES;

  @Override
  public long size(ModelState state) {
    return FIXED_BYTES + Numbers.parametersSize(state.parameters().layers());
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    LastGood good = model.state().lastGood();
    out.putLong(good.version()).putDouble(good.lossSum()).putLong(good.images());
    for (double mean : good.means()) {
      out.putDouble(mean);
    }
    Numbers.put(out, good.parameters());
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    Section.LAST_GOOD.require(in, FIXED_BYTES + Numbers.parametersSize(parts.layers()));
    long version = in.getLong();
    double lossSum = in.getDouble();
    long images = in.getLong();
    double[] means = new double[LastGood.LOOKS];
    for (int look = 0; look < means.length; look++) {
      means[look] = in.getDouble();
    }
    parts.lastGood =
        new LastGood(Numbers.getParameters(in, parts.layers()), version, means, lossSum, images);
  }
}
