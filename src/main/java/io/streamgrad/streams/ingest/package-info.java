/**
 * From the topics of images, labels and commands to what these say; what is not that goes to the
 * dead letters.
 */
@NullMarked
package io.streamgrad.streams.ingest;

import org.jspecify.annotations.NullMarked;
