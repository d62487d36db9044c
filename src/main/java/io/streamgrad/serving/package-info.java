/**
 * What the service answers over HTTP: its metrics and its health. Sees immutable snapshots and text
 * only, through the suppliers it is given. Uses Jetty, and nothing else of Streamgrad.
 */
@NullMarked
package io.streamgrad.serving;

import org.jspecify.annotations.NullMarked;
