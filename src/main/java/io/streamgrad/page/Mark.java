package io.streamgrad.page;

/**
 * Something that happened to a model, at a place of its curve.
 *
 * @param kind the report's reason without its prefix, in lower case
 * @param at images that the model had been scored on; the curve's x
 * @param time of its last report, milliseconds since 1970
 * @param version of the model after it
 * @param count how many of the same kind came in a row, of which this is the first
 * @param text what a person said of it; may be empty
 */
record Mark(String kind, long at, long time, long version, int count, String text) {
  Mark again(long lastTime, long lastVersion) {
    return new Mark(kind, at, lastTime, lastVersion, count + 1, text);
  }
}
