package io.streamgrad.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows a model that a service has stored. */
@Command(name = "show", description = "Shows a model as it is stored.")
final class ModelShowCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private ConfigOptions options;

  @Parameters(paramLabel = "NAME", description = "The model.")
  private String name;

  @Override
  public Integer call() throws InterruptedException {
    Arguments.requireModelName(spec, "NAME", name);
    try (StoredModels models = new StoredModels(options.load())) {
      models.find(name).description().forEach(line -> System.out.println(Printable.line(line)));
    }
    return ExitCode.OK;
  }
}
