/**
 * What the service answers over HTTP: its metrics and its health. Sees immutable snapshots and text
 * only, through the suppliers it is given; the server is that of {@link io.streamgrad.http}.
 */
@NullMarked
package io.streamgrad.serving;

import org.jspecify.annotations.NullMarked;
