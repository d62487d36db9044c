package io.streamgrad.cli;

import io.streamgrad.Keys;
import io.streamgrad.embedded.EmbeddedBroker;
import io.streamgrad.recovery.ChangelogReader;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.awaitility.Awaitility;

/**
 * A broker with an authorizer, a SASL_SSL listener (SCRAM-SHA-512), a TLS listener that asks for
 * certificates, and a plain one whose clients may do everything. Keys are created again each time.
 */
final class SecureBroker implements AutoCloseable {
  private static final String SCRAM_MODULE =
      "org.apache.kafka.common.security.scram.ScramLoginModule required";

  private final Keys keys;
  private final Map<String, Integer> ports;
  private final EmbeddedBroker broker;
  private final Admin admin;

  SecureBroker(Path directory) throws Exception {
    keys = new Keys(directory);
    keys.make("broker");
    keys.make("streamgrad");
    keys.make("stranger");
    ports = freePorts("PLAIN", "SCRAM", "MTLS", "CONTROLLER");
    broker = EmbeddedBroker.start(directory.resolve("kafka"), 0, properties());
    admin = Admin.create(Map.of("bootstrap.servers", address("PLAIN")));
  }

  private Map<String, String> properties() {
    Map<String, String> properties = new HashMap<>();
    List<String> listeners = new ArrayList<>();
    ports.forEach((name, port) -> listeners.add(name + "://" + address(name)));
    properties.put("listeners", String.join(",", listeners));
    properties.put(
        "listener.security.protocol.map",
        "PLAIN:PLAINTEXT,SCRAM:SASL_SSL,MTLS:SSL,CONTROLLER:PLAINTEXT");
    properties.put("inter.broker.listener.name", "PLAIN");
    properties.put("controller.quorum.voters", "1@" + address("CONTROLLER"));
    properties.put(
        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    properties.put("super.users", "User:ANONYMOUS"); // who comes over the plain listeners
    properties.put("ssl.principal.mapping.rules", "RULE:^CN=(.*)$/$1/");
    properties.put("ssl.keystore.location", keys.store("broker").toString());
    properties.put("ssl.keystore.password", Keys.PASSWORD);
    properties.put("ssl.keystore.type", "PKCS12");
    properties.put("listener.name.mtls.ssl.client.auth", "required");
    properties.put("listener.name.mtls.ssl.truststore.type", "PEM");
    properties.put(
        "listener.name.mtls.ssl.truststore.location", keys.certificate("streamgrad").toString());
    properties.put("sasl.enabled.mechanisms", "SCRAM-SHA-512");
    properties.put("listener.name.scram.scram-sha-512.sasl.jaas.config", SCRAM_MODULE + ";");
    return properties;
  }

  /** Where a listener is. */
  String address(String listener) {
    return "127.0.0.1:" + ports.get(listener);
  }

  /** A client of the plain listener, who may do everything. */
  Admin admin() {
    return admin;
  }

  /** What a client of the SCRAM listener is given. */
  Map<String, String> scram(String user, String password) {
    return Map.of(
        "bootstrap.servers",
        address("SCRAM"),
        "security.protocol",
        "SASL_SSL",
        "ssl.truststore.type",
        "PEM",
        "ssl.truststore.location",
        keys.certificate("broker").toString(),
        "sasl.mechanism",
        "SCRAM-SHA-512",
        "sasl.jaas.config",
        SCRAM_MODULE + " username=\"" + user + "\" password=\"" + password + "\";");
  }

  /** What a client of the listener that asks for certificates is given. */
  Map<String, String> mtls(String user) {
    return Map.of(
        "bootstrap.servers",
        address("MTLS"),
        "security.protocol",
        "SSL",
        "ssl.truststore.type",
        "PEM",
        "ssl.truststore.location",
        keys.certificate("broker").toString(),
        "ssl.keystore.type",
        "PKCS12",
        "ssl.keystore.location",
        keys.store(user).toString(),
        "ssl.keystore.password",
        Keys.PASSWORD);
  }

  /** Writes what Strimzi's access operator would have in a secret of the user's. */
  void writeSecret(String user, Path directory) throws IOException {
    Files.copy(keys.certificate("broker"), directory.resolve("ssl.truststore.crt"));
    Files.copy(keys.certificate(user), directory.resolve("ssl.keystore.crt"));
    Files.copy(keys.privateKey(user), directory.resolve("ssl.keystore.key"));
  }

  /** Writes settings as a .properties file, each name behind a prefix. */
  static Path write(Path file, String prefix, Map<String, String> settings) throws IOException {
    Properties properties = new Properties();
    settings.forEach((name, value) -> properties.setProperty(prefix + name, value));
    try (Writer out = Files.newBufferedWriter(file)) {
      properties.store(out, null);
    }
    return file;
  }

  void addUser(String user, String password) throws Exception {
    admin
        .alterUserScramCredentials(
            List.of(
                new UserScramCredentialUpsertion(
                    user, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), password)))
        .all()
        .get();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> admin.describeUserScramCredentials().users().get().contains(user));
  }

  void createTopics(String... names) throws Exception {
    Set<String> missing = new HashSet<>(List.of(names));
    missing.removeAll(admin.listTopics().names().get());
    admin
        .createTopics(missing.stream().map(name -> new NewTopic(name, 1, (short) 1)).toList())
        .all()
        .get();
  }

  void deleteTopic(String name) throws Exception {
    if (admin.listTopics().names().get().contains(name)) {
      admin.deleteTopics(List.of(name)).all().get();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> !admin.listTopics().names().get().contains(name));
    }
  }

  /** Deletes a service's weights and its group, once its last member has gone. */
  void forget(String application) throws Exception {
    deleteTopic(ChangelogReader.topic(application));
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptionsInstanceOf(ExecutionException.class)
        .until(
            () -> {
              if (admin.listGroups().all().get().stream()
                  .anyMatch(group -> group.groupId().equals(application))) {
                admin.deleteConsumerGroups(List.of(application)).all().get();
              }
              return true;
            });
  }

  /** From now on these are all permissions there are. */
  void allowOnly(Collection<AclBinding> bindings) throws Exception {
    // First what is new: who may do something before and after may do it in between.
    admin.createAcls(bindings).all().get();
    List<AclBindingFilter> others =
        allowed().stream()
            .filter(binding -> !bindings.contains(binding))
            .map(AclBinding::toFilter)
            .toList();
    admin.deleteAcls(others).all().get();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> Set.copyOf(allowed()).equals(Set.copyOf(bindings)));
  }

  private Collection<AclBinding> allowed() throws ExecutionException, InterruptedException {
    return admin.describeAcls(AclBindingFilter.ANY).values().get();
  }

  private static Map<String, Integer> freePorts(String... names) throws IOException {
    Map<String, Integer> ports = new HashMap<>();
    List<ServerSocket> sockets = new ArrayList<>();
    for (String name : names) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      sockets.add(socket);
      ports.put(name, socket.getLocalPort());
    }
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return ports;
  }

  @Override
  public void close() {
    admin.close();
    broker.close();
  }
}
