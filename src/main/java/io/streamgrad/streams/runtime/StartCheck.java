package io.streamgrad.streams.runtime;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.admin.Permissions;
import io.streamgrad.streams.admin.Topics;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.streams.input.GroupMembers;
import io.streamgrad.streams.input.InputMismatchException;
import io.streamgrad.streams.limits.LargestOutputs;
import io.streamgrad.streams.limits.OutputLimits;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.streams.settings.Reachability;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;

/** What would keep a service from starting, without starting it. */
public final class StartCheck {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private StartCheck() {}

  /**
   * Asks Kafka for all that {@link StreamsService#begin} does, and changes nothing there.
   *
   * @return a message for each thing that is wrong
   */
  public static List<String> problems(ServiceConfig config) throws InterruptedException {
    List<String> problems = new ArrayList<>();
    try {
      Map<String, Object> client = StreamsProperties.admin(config);
      String obstacle = Reachability.obstacle(client, PATIENCE);
      if (obstacle == null) {
        look(client, config, problems);
      } else {
        problems.add(
            "kafka.bootstrap.servers %s: %s"
                .formatted(client.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG), obstacle));
      }
    } catch (KafkaException | TopicsException e) {
      problems.add(Failures.message(e));
    }
    return problems;
  }

  private static void look(
      Map<String, Object> client, ServiceConfig config, List<String> problems) {
    Admin admin = Admin.create(client);
    try {
      List<String> permissions = Permissions.missing(admin, config);
      problems.addAll(permissions);
      problems.addAll(Topics.problems(admin, config));
      try {
        GroupMembers.of(admin, config).requireOnlyOurs(config);
      } catch (InputMismatchException e) {
        problems.add(e.getMessage());
      }
      if (permissions.isEmpty()) { // otherwise it can't be asked what topics take
        LargestOutputs.check(config, OutputLimits.ask(admin, config));
      }
    } finally {
      admin.close(Duration.ZERO);
    }
  }
}
