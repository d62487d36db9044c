package io.streamgrad.cli;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;

/** Lists the models that a service has stored. */
@Command(
    name = "list",
    description =
        "Lists the models as they are stored: partition, offset of the last batch, version, images"
            + " learned from, prequential accuracy, layers, name.")
final class ModelListCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options;

  @Override
  public Integer call() throws InterruptedException {
    try (StoredModels models = new StoredModels(options.load())) {
      List<String> rows = models.all(ModelListCommand::row);
      System.out.println("partition      offset     version       images  accuracy  model");
      rows.forEach(System.out::println);
    }
    return ExitCode.OK;
  }

  private static String marks(ModelState state) {
    long incarnation = state.control().incarnation();
    return (incarnation > 0 ? ", incarnation " + incarnation : "")
        + (state.control().paused() ? ", paused" : "")
        + (state.progress().diverged ? ", diverged" : "");
  }

  private static String row(String name, ModelEntry model) {
    ModelState state = model.state();
    return String.format(
        Locale.ROOT,
        "%9d  %10d  %10d  %11d  %6.2f %%  %s (%s)%s",
        model.lineage().partition(),
        model.lineage().offset(),
        state.version(),
        state.progress().imagesLearned,
        100 * state.lifetime().snapshot().accuracy(),
        Printable.line(name),
        StoredModel.layers(state),
        marks(state));
  }
}
