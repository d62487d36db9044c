package io.streamgrad.serving;

import java.io.IOException;
import java.io.OutputStream;

/** The text of /metrics, which is made anew for every scrape. */
@FunctionalInterface
public interface MetricsText {
  /** Writes it, in UTF-8, to memory that goes to the client once all of it is there. */
  void writeTo(OutputStream out) throws IOException;
}
