/**
 * The commands. The only place that reads arguments and the environment, and wires objects
 * together.
 */
@NullMarked
package io.streamgrad.cli;

import org.jspecify.annotations.NullMarked;
