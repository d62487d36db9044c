package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.model.Comparison;
import io.streamgrad.model.Control;
import io.streamgrad.model.ModelState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows how a follower compares with its leader, as it is stored. */
@Command(
    name = "compare",
    description = {
      "Shows how a follower compares with the model that it follows, on the images that both have"
          + " predicted on arrival: accuracy, loss, by class, and McNemar's test of the"
          + " difference.",
      "The test is exact, by the binomial distribution, where fewer than 25 images were predicted"
          + " right by one of them alone; otherwise it is by chi-squared with continuity"
          + " correction."
    })
final class ModelCompareCommand implements Callable<Integer> {
  private static final double CERTAIN = 0.05;

  @Spec private CommandSpec spec;
  @Mixin private ConfigOptions options;

  @Parameters(index = "0", paramLabel = "A", description = "A model.")
  private String first;

  @Parameters(index = "1", paramLabel = "B", description = "Another: one follows the other.")
  private String second;

  @Override
  public Integer call() throws InterruptedException {
    Arguments.requireModelName(spec, "A", first);
    Arguments.requireModelName(spec, "B", second);
    ServiceConfig config = options.load();
    boolean secondFollows = config.model(second).follows().equals(first);
    Arguments.require(
        spec,
        secondFollows || config.model(first).follows().equals(second),
        "B",
        second,
        "a model that follows %s, or that it follows (models.NAME.follows)%s"
            .formatted(first, otherWay(config)));
    try (StoredModels models = new StoredModels(config)) {
      StoredModel leader = models.find(secondFollows ? first : second);
      StoredModel follower = models.find(secondFollows ? second : first);
      report(leader, follower).forEach(line -> System.out.println(Printable.line(line)));
      follower.notes().forEach(line -> System.out.println(Printable.line(line)));
    }
    return ExitCode.OK;
  }

  /** What there is of two followers of one leader: how each compares with that. */
  private String otherWay(ServiceConfig config) {
    String leader = config.model(first).follows();
    return leader.isEmpty() || !leader.equals(config.model(second).follows())
        ? ""
        : "; both follow %1$s and are compared with it: see \"streamgrad model compare %1$s %2$s\" and \"%1$s %3$s\""
            .formatted(leader, first, second);
  }

  /** All of it, a line each. */
  static List<String> report(StoredModel leader, StoredModel follower) {
    List<String> lines = new ArrayList<>();
    ModelState one = leader.entry().state();
    ModelState other = follower.entry().state();
    lines.add(row("", leader.name(), follower.name()));
    lines.add(row("", "leader", "follower"));
    lines.add(row("layers", StoredModel.layers(one), StoredModel.layers(other)));
    lines.add(
        row("parameters", count(one.parameters().count()), count(other.parameters().count())));
    lines.add(row("multiply-adds", count(multiplyAdds(one)), count(multiplyAdds(other))));
    Comparison comparison = follower.comparison();
    if (comparison == null || comparison.images() == 0) {
      lines.add("no image with a label has been predicted by both yet");
      return lines;
    }
    long images = comparison.images();
    long first = comparison.count(true, false);
    long second = comparison.count(false, true);
    long both = comparison.count(true, true);
    lines.add(row("accuracy", percent(both + first, images), percent(both + second, images)));
    lines.add(
        row(
            "mean loss",
            loss(comparison.leaderLoss(), images),
            loss(comparison.followerLoss(), images)));
    for (int label = 0; label < comparison.classes(); label++) {
      long ofClass = comparison.images(label);
      long together = comparison.count(label, true, true);
      lines.add(
          row(
              "class " + label,
              percent(together + comparison.count(label, true, false), ofClass),
              percent(together + comparison.count(label, false, true), ofClass)));
    }
    lines.add(row("right alone", count(first), count(second)));
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "on the same %,d images, in batches from offset %d to %d",
            images,
            comparison.since(),
            comparison.last()));
    McNemar test = new McNemar(first, second);
    lines.add("McNemar's test: " + test + ": " + verdict(test, leader.name(), follower.name()));
    lines.add(
        "multiply-adds: of an image that is predicted and learned, by the layers; replayed images"
            + " come on top");
    if (!comparison.isOf(incarnation(one), incarnation(other))) {
      lines.add(
          "note: this is of incarnations %d and %d; these are %d and %d, and no image was compared since"
              .formatted(
                  comparison.leader(),
                  comparison.follower(),
                  incarnation(one),
                  incarnation(other)));
    }
    return lines;
  }

  private static String verdict(McNemar test, String leader, String follower) {
    if (test.p() >= CERTAIN) {
      return "they may well be equally good";
    }
    return "%s is right more often".formatted(test.first() > test.second() ? leader : follower);
  }

  /**
   * Forward with the weights that predict and with those that learn, and backward: to the weights
   * of every layer, and to the inputs of all but the first.
   */
  private static long multiplyAdds(ModelState state) {
    List<Integer> layers = state.parameters().layers();
    long all = 0;
    for (int l = 1; l < layers.size(); l++) {
      long weights = (long) layers.get(l - 1) * layers.get(l);
      all += (l == 1 ? 3 : 4) * weights;
    }
    return all;
  }

  private static long incarnation(ModelState state) {
    Control control = state.control();
    return control.incarnation();
  }

  private static String row(String what, String leader, String follower) {
    return String.format(Locale.ROOT, "%-15s %20s %20s", what, leader, follower);
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String percent(long part, long whole) {
    return whole == 0 ? "-" : String.format(Locale.ROOT, "%.2f %%", 100.0 * part / whole);
  }

  private static String loss(double sum, long images) {
    return String.format(Locale.ROOT, "%.4f", sum / images);
  }
}
