package io.streamgrad.streams.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.UnknownHostException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A message says what could not be done, with what, and why. */
class FailuresTest {

  static Stream<Arguments> errors() {
    return Stream.of(
        of(
            new IllegalStateException("port 80 can't be used", new BindException("in use")),
            "port 80 can't be used: in use"),
        of(
            new RuntimeException(new UncheckedIOException(new IOException("a file", eof()))),
            "a file: Unexpected end of ZLIB input stream"),
        of(
            new ExecutionException("x", new CompletionException(new KafkaException("refused"))),
            "refused"),
        of(
            new StreamsException("processor=learn, stacktrace=...", new KafkaException("refused")),
            "refused"),
        of(new StreamsException("of its own"), "of its own"),
        of(
            new IOException("x/y can't be written", new AccessDeniedException("x/y")),
            "x/y can't be written: permission denied"),
        of(new AccessDeniedException("x/y"), "x/y: permission denied"),
        of(new NoSuchFileException("x"), "x: no such file or directory"),
        of(new NoSuchFileException("x", "y", "no space"), "x -> y: no space"),
        of(new FileAlreadyExistsException("x"), "x: not a directory"),
        of(new IOException("f", new MalformedInputException(1)), "f: it is not UTF-8"),
        of(new UnknownHostException("kafka"), "unknown host kafka"),
        of(
            new IllegalStateException("the same: the same", new IOException("the same")),
            "the same: the same"),
        of(
            new IllegalStateException("reading", new IndexOutOfBoundsException(-43)),
            "reading: java.lang.IndexOutOfBoundsException: Index out of range: -43"),
        of(new NumberFormatException("For"), "java.lang.NumberFormatException: For"),
        of(new IllegalStateException(), "java.lang.IllegalStateException"),
        of(new OutOfMemoryError("heap"), "java.lang.OutOfMemoryError: heap"));
  }

  private static EOFException eof() {
    return new EOFException("Unexpected end of ZLIB input stream");
  }

  private static Arguments of(Throwable error, String message) {
    return Arguments.of(error, message);
  }

  @ParameterizedTest
  @MethodSource("errors")
  void givenAnErrorWithItsCausesThenItsMessageSaysWhatAndWhy(Throwable error, String message) {
    assertThat(Failures.message(error)).isEqualTo(message);
  }
}
