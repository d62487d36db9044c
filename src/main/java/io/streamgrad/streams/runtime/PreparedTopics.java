package io.streamgrad.streams.runtime;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.admin.NotAuthorizedException;
import io.streamgrad.streams.admin.Topics;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.streams.input.GroupMembers;
import io.streamgrad.streams.input.InputMismatchException;
import io.streamgrad.streams.limits.LargestOutputs;
import io.streamgrad.streams.limits.LimitsInForce;
import io.streamgrad.streams.limits.OutputLimits;
import io.streamgrad.wire.ModelPartitions;
import org.apache.kafka.clients.admin.Admin;

/**
 * What the stream must know of its topics before it starts.
 *
 * @param partitions where models live
 * @param limits what the topics take
 */
record PreparedTopics(ModelPartitions partitions, LimitsInForce limits) {

  /**
   * Creates what is missing if the configuration says so, checks that everything fits, and asks.
   *
   * @throws TopicsException naming every topic that is missing or unfit
   * @throws InputMismatchException if a service with the same application-id has other topics
   * @throws NotAuthorizedException naming every operation on them that Kafka does not allow
   * @throws org.apache.kafka.common.errors.TimeoutException if no broker answers
   */
  static PreparedTopics prepare(Admin admin, ServiceConfig config) {
    ModelPartitions partitions = new ModelPartitions(config, Topics.prepare(admin, config));
    GroupMembers.of(admin, config).requireOnlyOurs(config);
    OutputLimits limits = OutputLimits.ask(admin, config);
    LargestOutputs.check(config, limits);
    return new PreparedTopics(partitions, new LimitsInForce(limits));
  }
}
