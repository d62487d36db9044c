/**
 * How a configuration is read: YAML, properties, the environment and the command line, merged and
 * made records, with errors in the terms of the configuration. The only place that has Jackson do
 * so. Uses the configuration and the model.
 */
@NullMarked
package io.streamgrad.config.load;

import org.jspecify.annotations.NullMarked;
