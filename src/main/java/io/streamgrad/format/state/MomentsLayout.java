package io.streamgrad.format.state;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The optimizer's moments, one after the other, each as parameters; only where there are any. */
final class MomentsLayout implements SectionLayout {
  @Override
  public long size(ModelState state) {
    return state.moments().size() * Numbers.parametersSize(state.parameters().layers());
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    model.state().moments().forEach(moment -> Numbers.put(out, moment));
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    long one = Numbers.parametersSize(parts.layers());
    long count = in.remaining() / one;
    Section.MOMENTS.require(in, count * one);
    List<Parameters> moments = new ArrayList<>();
    for (long m = 0; m < count; m++) {
      moments.add(Numbers.getParameters(in, parts.layers()));
    }
    parts.moments = moments;
  }
}
