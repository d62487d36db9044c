/**
 * Encoded images to pixels, by integer rules that give the same bytes everywhere
 * (docs/decisions/0039). Plain Java; knows neither records nor models.
 */
@NullMarked
package io.streamgrad.wire.pixels;

import org.jspecify.annotations.NullMarked;
