/** From the images topic to batches; what is not one goes to the dead letters. */
@NullMarked
package io.streamgrad.streams.ingest;

import org.jspecify.annotations.NullMarked;
