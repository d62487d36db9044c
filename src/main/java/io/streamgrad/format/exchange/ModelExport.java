package io.streamgrad.format.exchange;

import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.PixelStatistics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is to be exported of a model.
 *
 * @param name of the model
 * @param entry as it is stored; not changed
 * @param imagesTopic that it has learned from
 * @param configuration of the model, as JSON
 * @param weights only these; null for those that predict in a format that holds a function, and for
 *     all of the state in one that holds arrays
 */
public record ModelExport(
    String name,
    ModelEntry entry,
    String imagesTopic,
    String configuration,
    @Nullable Weights weights) {

  /**
   * Checks that the model has such weights.
   *
   * @throws IllegalStateException if it has not
   */
  public ModelExport {
    if (weights != null) {
      weights.of(entry.state());
    }
  }

  /** The weights of a function: those that were asked for, or that predict. */
  Weights ofFunction() {
    return weights != null ? weights : Weights.predicting(entry.state());
  }

  /** The weights under the layers' own names in a set of arrays, {@code 0.weight} and so on. */
  Weights ofArrays() {
    return weights != null ? weights : Weights.PLAIN;
  }

  /**
   * Where the model comes from, in this order.
   *
   * @param named the weights that are under the layers' own names
   */
  Map<String, String> metadata(Weights named) {
    ModelState state = entry.state();
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("model", name);
    metadata.put("version", Long.toString(state.version()));
    if (state.control().incarnation() > 0) {
      metadata.put("incarnation", Long.toString(state.control().incarnation()));
    }
    metadata.put("weights", named.name().toLowerCase(Locale.ROOT));
    metadata.put("images.topic", imagesTopic);
    metadata.put("images.partition", Integer.toString(entry.lineage().partition()));
    metadata.put("images.offset", Long.toString(entry.lineage().offset()));
    metadata.put("weights.sha256", ModelCodec.weightsSha256(entry));
    metadata.put("diverged", Boolean.toString(state.progress().diverged));
    metadata.put("configuration", configuration);
    return metadata;
  }

  /**
   * The arrays, with the names and shapes that PyTorch gives those of {@code nn.Sequential(Linear,
   * ReLU, Linear ...)}: {@code 0.weight} is (outputs, inputs), {@code 0.bias} (outputs), {@code
   * 2.weight} the next layer's. The averaged weights are under {@code averaged.}, the optimizer's
   * moments under {@code moment1.} and {@code moment2.}, the pixel statistics under {@code
   * pixels.}. Longs come first, so that all are aligned.
   */
  List<Tensor> tensors() {
    ModelState state = entry.state();
    List<Tensor> tensors = new ArrayList<>();
    PixelStatistics statistics = state.statistics();
    if (statistics != null) {
      List<Integer> shape = List.of(statistics.sums().length);
      tensors.add(Tensor.longs("pixels.images", List.of(), statistics.images()));
      tensors.add(Tensor.longs("pixels.sums", shape, statistics.sums()));
      if (statistics.squares() != null) {
        tensors.add(Tensor.longs("pixels.squares", shape, statistics.squares()));
      }
    }
    addTo(tensors, "", ofArrays().of(state));
    if (weights == null) {
      if (state.average() != null) {
        addTo(tensors, "averaged.", state.average());
      }
      for (int moment = 0; moment < state.moments().size(); moment++) {
        addTo(tensors, "moment%d.".formatted(moment + 1), state.moments().get(moment));
      }
    }
    return tensors;
  }

  private static void addTo(List<Tensor> tensors, String prefix, Parameters parameters) {
    for (int layer = 0; layer < parameters.depth(); layer++) {
      tensors.add(Tensor.matrix(prefix + weight(layer), parameters.weights(layer)));
      tensors.add(Tensor.vector(prefix + bias(layer), parameters.biases(layer)));
    }
  }

  /** The name of a layer's weights; a ReLU, which has none, is between two layers. */
  static String weight(int layer) {
    return 2 * layer + ".weight";
  }

  static String bias(int layer) {
    return 2 * layer + ".bias";
  }
}
