package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * As much of a Kubernetes API server as kubectl asks to show what the overlay prod has made: one
 * pod with its label, its log, the StatefulSet, and an event. Anything else it does not know.
 */
final class KubernetesStub implements AutoCloseable {
  private static final String NAMESPACE = "/namespaces/streamgrad/";
  private static final String POD =
      """
      {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "streamgrad-0",
       "namespace": "streamgrad"}, "spec": {"containers": [{"name": "streamgrad"}]}}\
      """;

  /** By path and by what its query asks for. */
  private static final Map<String, String> ANSWERS =
      Map.of(
          "/api",
          "{\"kind\": \"APIVersions\", \"versions\": [\"v1\"]}",
          "/apis",
          """
          {"kind": "APIGroupList", "apiVersion": "v1", "groups": [{"name": "apps",
           "versions": [{"groupVersion": "apps/v1", "version": "v1"}]}]}\
          """,
          "/api/v1",
          """
          {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
           {"name": "pods", "singularName": "pod", "namespaced": true, "kind": "Pod",
            "verbs": ["get", "list"]},
           {"name": "events", "singularName": "event", "namespaced": true, "kind": "Event",
            "verbs": ["get", "list"]}]}\
          """,
          "/apis/apps/v1",
          """
          {"kind": "APIResourceList", "groupVersion": "apps/v1", "resources": [
           {"name": "statefulsets", "singularName": "statefulset", "namespaced": true,
            "kind": "StatefulSet", "verbs": ["get", "list"]}]}\
          """,
          "/api/v1" + NAMESPACE + "pods?labelSelector=app.kubernetes.io/name=streamgrad",
          "{\"kind\": \"PodList\", \"apiVersion\": \"v1\", \"items\": [%s]}".formatted(POD),
          "/api/v1" + NAMESPACE + "pods/streamgrad-0",
          POD,
          "/api/v1" + NAMESPACE + "pods/streamgrad-0/log?container=streamgrad&tailLines=50",
          "not ready: waiting for Kafka at kafka:9092: no broker answers\n",
          "/api/v1"
              + NAMESPACE
              + "pods/streamgrad-0/log?container=streamgrad&previous=true&tailLines=50",
          "java.lang.OutOfMemoryError\n",
          "/apis/apps/v1" + NAMESPACE + "statefulsets/streamgrad",
          """
          {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "streamgrad",
           "namespace": "streamgrad"}, "spec": {"replicas": 3}}\
          """,
          "/api/v1" + NAMESPACE + "events",
          """
          {"kind": "EventList", "apiVersion": "v1", "items": [{"apiVersion": "v1",
           "kind": "Event", "metadata": {"name": "failed-mount", "namespace": "streamgrad"},
           "lastTimestamp": "2026-01-01T00:00:00Z", "message": "FailedMount",
           "involvedObject": {"kind": "Pod", "name": "streamgrad-0"}}]}\
          """);

  private final HttpServer server;

  /** Answers from now on, at any free port. */
  KubernetesStub() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", KubernetesStub::answer);
    server.start();
  }

  /** Writes kubectl's configuration. */
  Path kubeconfig(Path file) throws IOException {
    return Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: stub, cluster: {server: "http://127.0.0.1:%d"}}]
        contexts: [{name: stub, context: {cluster: stub, user: ""}}]
        current-context: stub
        """
            .formatted(server.getAddress().getPort()));
  }

  private static void answer(HttpExchange exchange) throws IOException {
    String asked =
        URLDecoder.decode(exchange.getRequestURI().toString(), UTF_8)
            .replaceAll("[?&](timeout|limit|includeObject)=\\w+", "");
    String known = ANSWERS.get(asked);
    byte[] body = (known == null ? "unknown: " + asked : known).getBytes(UTF_8);
    exchange
        .getResponseHeaders()
        .add("Content-Type", asked.contains("/log?") ? "text/plain" : "application/json");
    exchange.sendResponseHeaders(known == null ? 404 : 200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
