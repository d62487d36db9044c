/**
 * The bytes of a stored model: its layout in named sections, and how a changelog partition is laid
 * out. No Kafka. Uses the model.
 */
@NullMarked
package io.streamgrad.format;

import org.jspecify.annotations.NullMarked;
