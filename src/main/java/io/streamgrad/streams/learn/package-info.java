/**
 * A task: it predicts, scores and learns, on a thread of its own under exactly-once, and writes its
 * models before each commit.
 */
@NullMarked
package io.streamgrad.streams.learn;

import org.jspecify.annotations.NullMarked;
