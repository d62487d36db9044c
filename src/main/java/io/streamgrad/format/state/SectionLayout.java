package io.streamgrad.format.state;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import java.nio.ByteBuffer;

/**
 * How a section lies in a stored model, in the byte order of the buffer. {@link Numbers} draws
 * layers, score, parameters and statistics.
 */
interface SectionLayout {
  /** Its bytes in a state; 0 where a state does not have it. */
  long size(ModelState state);

  /** Writes as many bytes; not called where there are none. */
  void write(ModelEntry model, ByteBuffer out);

  /**
   * Reads what the buffer has, which is this section and nothing else.
   *
   * @throws UnreadableStateException if no model has such a section
   */
  void read(ByteBuffer in, StateParts parts);
}
