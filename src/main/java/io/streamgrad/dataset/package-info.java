/**
 * Images to learn from: reading files in MNIST's format, and cutting a data set into batches, in
 * file order or shuffled by a seed. Plain Java; uses the learner's random generator.
 */
@NullMarked
package io.streamgrad.dataset;

import org.jspecify.annotations.NullMarked;
