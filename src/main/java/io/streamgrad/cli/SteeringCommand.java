package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.model.Control;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.streams.learn.CommandTrial;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Command;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.CommandDecoder;
import io.streamgrad.wire.DecodedCommand;
import io.streamgrad.wire.ModelPartitions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Has a model of a running service do something, and waits until it has. */
abstract class SteeringCommand implements Callable<Integer> {
  private static final int REFUSED = 3;

  @Spec private CommandSpec spec;
  @Mixin private ConfigOptions options;

  @Parameters(index = "0", paramLabel = "NAME", description = "The model.")
  private String name;

  @Option(
      names = "--dry-run",
      description = "Says what would come of it, judged by what is stored, and sends nothing.")
  private boolean dryRun;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "How long to wait for the answer (default: ${DEFAULT-VALUE}).")
  private int timeout;

  @Option(
      names = "--id",
      paramLabel = "TEXT",
      description =
          "What the command is called; a model obeys an id once, so that one may be sent again"
              + " (default: a new one).")
  private @Nullable String id;

  /** The command without its id; nothing where there are several. */
  Command.Builder command() {
    return Command.newBuilder();
  }

  /**
   * All commands that it takes, in the order in which they are sent.
   *
   * @param model that they are for, as it is configured
   * @throws Refusal if they would be refused, whatever is stored
   */
  List<Command> commands(ModelSpec model, String called) throws Refusal {
    return List.of(command().setId(called).build());
  }

  /** What is asked for would be refused, and nothing is sent. */
  static final class Refusal extends Exception {
    private static final long serialVersionUID = 1;

    Refusal(String why) {
      super(why);
    }
  }

  @Override
  public Integer call() throws InterruptedException {
    Arguments.requireModelName(spec, "NAME", name);
    Arguments.require(spec, timeout >= 1, "--timeout", timeout, "1 or above");
    ServiceConfig config = options.load();
    requireAllowed(config, name);
    if (!config.topics().hasCommands()) {
      throw new IllegalStateException(
          "topics.commands is not set, so the service takes no commands: set it in its"
              + " configuration and start it again");
    }
    try {
      return run(config, id == null ? UUID.randomUUID().toString() : id);
    } catch (Refusal e) {
      say("refused, and nothing was sent: " + e.getMessage());
      return REFUSED;
    }
  }

  /** Checks that the configuration lets models have this name. */
  static void requireAllowed(ServiceConfig config, String model) {
    if (!new ModelPartitions(config, 1).isAllowed(model)) {
      throw new IllegalStateException(
          "models.allow has no pattern for the name \"%s\"".formatted(model));
    }
  }

  /**
   * Does it, or says what would come of it.
   *
   * @param called the commands' id
   * @return the exit code
   * @throws Refusal if it would be refused, whatever is stored
   */
  int run(ServiceConfig config, String called) throws InterruptedException, Refusal {
    return run(config, name, commands(config.model(name), called));
  }

  /** Sends commands to a model, or tries what would come of them. */
  final int run(ServiceConfig config, String model, List<Command> commands)
      throws InterruptedException {
    List<DecodedCommand> decoded = new ArrayList<>();
    for (Command command : commands) {
      decoded.add(decoded(command));
    }
    return dryRun ? tryOut(config, model, decoded) : said(config, sent(config, model, commands));
  }

  /** What the service would make a dead letter of is a wrong argument here. */
  final DecodedCommand decoded(Command command) {
    try {
      return CommandDecoder.decode(new RecordHeaders(), command.toByteArray());
    } catch (BadRecordException e) {
      throw new ParameterException(
          spec.commandLine(), Printable.line(String.valueOf(e.getMessage())));
    }
  }

  private static int tryOut(ServiceConfig config, String model, List<DecodedCommand> commands)
      throws InterruptedException {
    try (StoredModels models = new StoredModels(config)) {
      Set<String> names = new HashSet<>();
      ChangelogView stored = models.all(model, names);
      CommandTrial trial =
          CommandTrial.of(config, stored, model, models.home(model), names, commands);
      if (trial.refused() != null) {
        say("would be refused: " + trial.refused());
        return REFUSED;
      }
      say(
          "would be done, and nothing was sent: %s, and then %s"
              .formatted(
                  trial.before() == null ? "there is no such model" : shown(trial.before()),
                  shown(trial.after())));
      return ExitCode.OK;
    } catch (BadRecordException e) {
      say("would become a dead letter: " + e.getMessage());
      return REFUSED;
    }
  }

  private static String shown(@Nullable ModelEntry model) {
    if (model == null) {
      return "there would be no such model";
    }
    Control control = model.state().control();
    return "version %d of incarnation %d%s%s"
        .formatted(
            model.state().version(),
            control.incarnation(),
            control.paused() ? ", paused" : "",
            control.settings().isEmpty() ? "" : ", with " + control.settings());
  }

  /** Sends commands that are one together, and waits for what comes of them. */
  final Applied sent(ServiceConfig config, String model, List<Command> commands)
      throws InterruptedException {
    try (CommandSender sender = new CommandSender(config, model)) {
      return sender.send(commands, Duration.ofSeconds(timeout));
    }
  }

  /** Says what came of commands, and gives the exit code. */
  static int said(ServiceConfig config, Applied applied) {
    String where =
        "the command is %s-%d@%d"
            .formatted(
                config.topics().commands(),
                applied.getCommand().getPartition(),
                applied.getCommand().getOffset());
    if (applied.getOutcome() != Applied.Outcome.DONE) {
      say("refused, and nothing was changed: %s; %s".formatted(applied.getReason(), where));
      return REFUSED;
    }
    say(
        "done before offset %d of %s-%d, version %d of incarnation %d%s; %s"
            .formatted(
                applied.getImagesOffset(),
                config.topics().images(),
                applied.getCommand().getPartition(),
                applied.getModelVersion(),
                applied.getIncarnation(),
                applied.getKeptAs().isEmpty()
                    ? ""
                    : ", what was before is kept as " + applied.getKeptAs(),
                where));
    return ExitCode.OK;
  }

  /** The model. */
  final String name() {
    return name;
  }

  final CommandSpec spec() {
    return spec;
  }

  final boolean isDryRun() {
    return dryRun;
  }

  static void say(String line) {
    System.out.println(Printable.line(line));
  }
}
