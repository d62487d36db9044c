package io.streamgrad.config.load;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.util.Locale;

/**
 * maxSkippedInARow is max-skipped-in-a-row. Jackson's own strategy reads "AR" as one word and makes
 * it max-skipped-in-arow.
 */
final class KebabCase extends PropertyNamingStrategies.NamingBase {
  private static final long serialVersionUID = 1L;

  @Override
  public String translate(String component) {
    return component.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }
}
