package io.streamgrad.streams.settings;

import java.net.UnknownHostException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.streams.errors.StreamsException;
import org.jspecify.annotations.Nullable;

/** What a person reads of an error. */
public final class Failures {
  private Failures() {}

  /**
   * What the error says, and each of its causes that says more: what could not be done first, and
   * why last. Errors that only carry another one are left out.
   */
  public static String message(Throwable error) {
    String message = "";
    for (Throwable each = error; each != null; each = each.getCause()) {
      String text = isCarrier(each) ? null : text(each, message);
      if (text != null && !message.contains(text)) {
        message += (message.isEmpty() ? "" : ": ") + text;
      }
    }
    return message.isEmpty() ? error.toString() : message;
  }

  /** The error at the bottom. */
  public static Throwable root(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  private static boolean isCarrier(Throwable error) {
    Throwable cause = error.getCause();
    return cause != null
        && (error instanceof ExecutionException
            || error instanceof CompletionException
            || error instanceof StreamsException // of the task, with a stack trace in its message
            || error.getMessage() == null
            || error.getMessage().equals(cause.toString()));
  }

  /** What it says for itself; the JDK's own often say a name or a number and not what of it. */
  private static @Nullable String text(Throwable error, String before) {
    String message = error.getMessage();
    if (error instanceof FileSystemException file && file.getReason() == null) {
      String why = reason(file);
      return file.getFile() == null || before.contains(file.getFile())
          ? why
          : file.getFile() + ": " + why;
    }
    if (error instanceof UnknownHostException) {
      return "unknown host " + message;
    }
    if (error instanceof CharacterCodingException) {
      return "it is not UTF-8";
    }
    return message == null || message.isBlank() || isBug(error) ? error.toString() : message;
  }

  private static String reason(FileSystemException error) {
    if (error instanceof NoSuchFileException) {
      return "no such file or directory";
    }
    if (error instanceof AccessDeniedException) {
      return "permission denied";
    }
    return error instanceof FileAlreadyExistsException || error instanceof NotDirectoryException
        ? "not a directory"
        : error.getClass().getSimpleName();
  }

  /** Whether its message was written for who reads the code. */
  private static boolean isBug(Throwable error) {
    Class<?> type = error.getClass();
    return (error instanceof RuntimeException || error instanceof Error)
        && (type.getName().startsWith("java.lang.") || type.getName().startsWith("java.util."))
        && type != IllegalStateException.class
        && type != IllegalArgumentException.class;
  }
}
