package io.streamgrad.config.load;

import io.streamgrad.config.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What is wrong with a configuration: a person wants to mend all of it at a time. */
final class Problems {
  private final List<ConfigException> found = new ArrayList<>();

  /** Does a step, whose problem does not keep the next ones from being done. */
  void of(Runnable step) {
    try {
      step.run();
    } catch (ConfigException e) {
      found.add(e);
    }
  }

  void add(ConfigException problem) {
    found.add(problem);
  }

  /**
   * Ends here if there is a problem.
   *
   * @throws ConfigException the only one there is, or one with a line for each
   */
  void throwIfAny() {
    if (found.size() == 1) {
      throw found.get(0);
    }
    if (!found.isEmpty()) {
      throw new ConfigException(
          found.stream().map(ConfigException::getMessage).collect(Collectors.joining("\n")));
    }
  }
}
