package io.streamgrad;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the documents tell their readers to type. */
public final class Documents {
  private static final List<Path> ALL =
      List.of(
          Path.of("README.md"),
          Path.of("docs", "FORMATS.md"),
          Path.of("docs", "OPERATIONS.md"),
          Path.of("docs", "RUNBOOK.md"),
          Path.of("docs", "SECURITY.md"));

  private static final Pattern FENCED = Pattern.compile("(?ms)^ *```(\\w*)\n(.*?)^ *```$");
  private static final Pattern INLINE = Pattern.compile("(?s)`([^`]+)`");

  private Documents() {}

  /** The commands of a document's blocks of shell, as they stand there, with their comments. */
  public static List<String> shell(Path document) throws IOException {
    return FENCED
        .matcher(Files.readString(document))
        .results()
        .filter(block -> block.group(1).equals("sh"))
        .flatMap(block -> block.group(2).lines())
        .map(String::strip)
        .toList();
  }

  /** The text of all of them. */
  public static String text() throws IOException {
    StringBuilder text = new StringBuilder();
    for (Path document : ALL) {
      text.append(Files.readString(document)).append('\n');
    }
    return text.toString();
  }

  /** The blocks of a language, such as yaml; "" for those that name none. */
  public static List<String> blocks(String language) throws IOException {
    return FENCED
        .matcher(text())
        .results()
        .filter(block -> block.group(1).equals(language))
        .map(block -> block.group(2))
        .toList();
  }

  /** Whatever stands between backquotes in running text, on one line. */
  public static List<String> inline() throws IOException {
    return INLINE
        .matcher(FENCED.matcher(text()).replaceAll(""))
        .results()
        .map(code -> code.group(1).replaceAll("\\s+", " "))
        .toList();
  }

  /** The commands of this program, inline and in blocks, without comments, one line each. */
  public static List<String> commands(String program) throws IOException {
    List<String> commands = new ArrayList<>();
    Pattern command =
        Pattern.compile("(?m)^\\s*(?:\\$ )?(?:\\./)?" + Pattern.quote(program) + "( .*)?$");
    String lines = text().replaceAll("\\\\\n\\s*", "");
    for (Matcher each = command.matcher(lines); each.find(); ) {
      commands.add(each.group().strip().replaceFirst("\\s+#.*", ""));
    }
    inline().stream()
        .filter(code -> code.matches("(?:\\./)?" + Pattern.quote(program) + "( .*)?"))
        .forEach(commands::add);
    return commands;
  }
}
