/**
 * Streamgrad learns on a Kafka stream, exactly once. In the order of the data:
 *
 * <ul>
 *   <li>{@link io.streamgrad.dataset} reads images from files; {@link io.streamgrad.cli} produces
 *       them as batches, and starts everything else.
 *   <li>{@link io.streamgrad.streams} is the stream: it hands each record of the images topic to
 *   <li>{@link io.streamgrad.wire}, which makes a batch of it or finds it bad, and then to
 *   <li>{@link io.streamgrad.learner}, which predicts and learns, with the loops of {@link
 *       io.streamgrad.kernel}; what a model is stands in {@link io.streamgrad.model}, its bytes in
 *       {@link io.streamgrad.format.state}, and
 *   <li>{@link io.streamgrad.store} keeps it and writes to the changelog, laid out in {@link
 *       io.streamgrad.format.changelog}, with every commit.
 *   <li>{@link io.streamgrad.format.exchange} makes files of what is stored, for others.
 *   <li>{@link io.streamgrad.metrics} counts what happened, {@link io.streamgrad.serving} shows it
 *       over {@link io.streamgrad.http}, and {@link io.streamgrad.page} to people; {@link
 *       io.streamgrad.committed} has models for others, whom {@link io.streamgrad.inference}
 *       answers.
 *   <li>{@link io.streamgrad.verify} learns the log again, without the stream, and compares.
 *   <li>{@link io.streamgrad.config} says how all of it is to behave.
 *   <li>{@link io.streamgrad.embedded} is a real broker in this process, to try it out.
 * </ul>
 */
@NullMarked
package io.streamgrad;

import org.jspecify.annotations.NullMarked;
