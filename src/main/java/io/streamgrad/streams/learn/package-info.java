/**
 * A task: it learns again what its stored states lack; then it predicts, scores and learns, on a
 * thread of its own under exactly-once, and writes before each commit.
 */
@NullMarked
package io.streamgrad.streams.learn;

import org.jspecify.annotations.NullMarked;
