package io.streamgrad;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes.Name;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** The list of what is shipped, against what is shipped; its plugin does nothing with mvn -o. */
@DisabledIfSystemProperty(named = "maven.mode", matches = "offline: true")
class SbomIT {
  private static final Path TARGET = Path.of("target");

  @Test
  void givenTheBuildWhenPackagedThenItsListNamesEveryLibraryAndNothingElse() throws IOException {
    JsonNode sbom = new ObjectMapper().readTree(TARGET.resolve("streamgrad-sbom.json").toFile());
    Set<String> listed = new TreeSet<>();
    for (JsonNode component : sbom.get("components")) {
      listed.add(component.get("name").asText() + "-" + component.get("version").asText());
      assertThat(component.get("hashes")).as(component.get("name").asText()).isNotEmpty();
    }
    Set<String> shipped = new TreeSet<>();
    try (JarFile jar = new JarFile(TARGET.resolve("streamgrad.jar").toFile())) {
      String classPath = jar.getManifest().getMainAttributes().getValue(Name.CLASS_PATH);
      for (String library : classPath.split(" ", -1)) {
        shipped.add(library.replaceAll("^.*/|\\.jar$", ""));
      }
    }
    assertThat(shipped).hasSizeGreaterThan(30);
    assertThat(listed).isEqualTo(shipped);
    assertThat(sbom.at("/metadata/component/name").asText()).isEqualTo("streamgrad");
  }
}
