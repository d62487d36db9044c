/**
 * A real Kafka broker in this process, for trying Streamgrad out and for tests; a deployment uses a
 * cluster and leaves this package out. Uses Kafka's server jars and nothing else of Streamgrad.
 */
@NullMarked
package io.streamgrad.embedded;

import org.jspecify.annotations.NullMarked;
