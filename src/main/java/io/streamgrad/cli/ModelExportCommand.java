package io.streamgrad.cli;

import io.streamgrad.format.exchange.ExchangeFormat;
import io.streamgrad.format.exchange.ModelExport;
import io.streamgrad.format.exchange.Weights;
import io.streamgrad.format.state.ModelCodec;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a model that a service has stored to a file that others read. */
@Command(
    name = "export",
    description = {
      "Writes a model as it is stored to a file for others, whole or not at all.",
      "The same state gives the same bytes."
    })
final class ModelExportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private ConfigOptions options;

  @Parameters(paramLabel = "NAME", description = "The model.")
  private String name;

  @Option(
      names = "--format",
      paramLabel = "safetensors|onnx|npz",
      required = true,
      description = {
        "safetensors, npz: the arrays of the state, with PyTorch's names: 0.weight, 0.bias,"
            + " 2.weight and so on are the weights that learn, averaged.0.weight their average,"
            + " moment1.0.weight the optimizer's, pixels.sums the pixels'.",
        "onnx: the function from pixels (N, inputs) uint8 to classes (N) and probabilities (N,"
            + " classes), with what becomes of a pixel in it."
      })
  private ExchangeFormat format;

  @Option(
      names = "--weights",
      paramLabel = "averaged|plain",
      description =
          "Only these weights, as 0.weight and so on (default: onnx those that the service predicts"
              + " with, the others all of the state).")
  private @Nullable Weights weights;

  @Option(names = "--output", paramLabel = "FILE", required = true, description = "Where to.")
  private Path output;

  @Option(names = "--force", description = "Writes over a file that is there.")
  private boolean force;

  @Override
  public Integer call() throws InterruptedException {
    Arguments.requireModelName(spec, "NAME", name);
    WholeFile file = new WholeFile(output, force);
    try (StoredModels models = new StoredModels(options.load())) {
      StoredModel model = models.find(name);
      ModelExport export =
          new ModelExport(
              name,
              model.entry(),
              model.config().topics().images(),
              model.configuration(),
              weights);
      file.write(out -> format.write(export, out));
      say(
          "%s: model %s, version %d, the last batch %s, weights SHA-256 %s"
              .formatted(
                  output,
                  name,
                  model.entry().state().version(),
                  model.lastBatch(),
                  ModelCodec.weightsSha256(model.entry())));
      model.notes().forEach(ModelExportCommand::say);
    }
    return ExitCode.OK;
  }

  private static void say(String line) {
    System.out.println(Printable.line(line));
  }
}
