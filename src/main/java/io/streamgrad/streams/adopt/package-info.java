/** Bringing weights and input of a stopped service together, as a person decides. */
@NullMarked
package io.streamgrad.streams.adopt;

import org.jspecify.annotations.NullMarked;
