package io.streamgrad.cli;

import io.streamgrad.format.exchange.ModelImport;
import io.streamgrad.format.exchange.UnfitFileException;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.v1.Command;
import io.streamgrad.wire.ImportCommands;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Parameters;

/** Has a model begin with the weights of a file. */
@picocli.CommandLine.Command(
    name = "import",
    description = {
      "Has a model begin with the weights of a file: one that \"streamgrad model export\" wrote, or"
          + " of a network that was trained elsewhere. What was before is kept as a snapshot; a"
          + " model that is not there begins.",
      "The file is safetensors or npz, with the names and shapes of PyTorch's"
          + " nn.Sequential(Linear, ReLU, Linear ...): 0.weight is (outputs, inputs), 0.bias"
          + " (outputs), 2.weight and so on; numbers of 64 bits are rounded. An average begins with"
          + " the weights, and moments with 0, where the file has none."
    },
    exitCodeList = {
      "0:done, or would be",
      "1:failed, with the reason on stderr; it may still be done later",
      "2:wrong arguments",
      "3:refused, or would be"
    })
final class ModelImportCommand extends SteeringCommand {
  @Parameters(index = "1", paramLabel = "FILE", description = "Safetensors or npz.")
  private Path file;

  @Override
  List<Command> commands(ModelSpec model, String called) throws Refusal {
    try {
      ModelState state = ModelImport.read(file, model);
      byte[] bytes = ModelCodec.encode(new ModelEntry(state, Lineage.NONE));
      return ImportCommands.of(called, bytes, model);
    } catch (UnfitFileException e) {
      throw new Refusal("%s: %s".formatted(file, e.getMessage()));
    } catch (NoSuchFileException e) {
      throw new IllegalStateException("there is no file " + file, e);
    } catch (IOException e) {
      throw new UncheckedIOException("%s can't be read".formatted(file), e);
    }
  }
}
