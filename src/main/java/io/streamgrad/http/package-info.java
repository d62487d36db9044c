/**
 * A port with HTTP: connections, limits, TLS, token, compression and an orderly stop, by Jetty. It
 * knows nothing of what is answered: that is a list of {@link io.streamgrad.http.Route}s, whose
 * handlers are Jetty's. Uses nothing else of Streamgrad.
 */
@NullMarked
package io.streamgrad.http;

import org.jspecify.annotations.NullMarked;
