/**
 * Images to learn from: reading data sets as they are given away, and cutting one into batches, in
 * file order or shuffled by a seed. Plain Java; uses the model's random generator, and the decoder
 * of PNG.
 */
@NullMarked
package io.streamgrad.dataset;

import org.jspecify.annotations.NullMarked;
