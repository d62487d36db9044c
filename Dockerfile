# docker build -t streamgrad .
#
# Needs nothing but Docker, with BuildKit or without. The service's image has no broker in it: the
# jars of the embedded one stay behind.

FROM maven:3.9.11-eclipse-temurin-25 AS build
WORKDIR /src
COPY . .
RUN mvn -B -ntp -Dmaven.test.skip -Dspotless.check.skip package

FROM eclipse-temurin:25-jre AS service
WORKDIR /opt/streamgrad
COPY --from=build /src/LICENSE /src/NOTICE /src/jvm.options /src/jvm-24.options ./
COPY --from=build /src/streamgrad /src/src/main/docker/healthcheck ./
COPY --from=build /src/target/lib lib
COPY --from=build /src/target/streamgrad.jar ./

# A service that learns, with a broker of its own, shows the JVM which classes and methods it will
# need: with what it leaves in streamgrad.aot, the next one is ready sooner (docs/decisions/0009).
FROM service AS training
LABEL io.streamgrad.stage=training
COPY --from=build /src/target/lib-embedded /broker/lib-embedded
RUN ln -s /opt/streamgrad/lib /broker/lib && cp streamgrad.jar /broker/
RUN java -jar /broker/streamgrad.jar broker --data-dir /tmp/kafka --port 9092 & \
    java @jvm.options @jvm-24.options -Xlog:aot*=error -XX:AOTCacheOutput=streamgrad.aot \
      -jar /opt/streamgrad/streamgrad.jar serve -c topics.create=true -c state-dir=/tmp/state & \
    service=$! \
    && java -jar streamgrad.jar produce --limit 16000 \
    && java -jar streamgrad.jar watch predictions --from-beginning --limit 1000 > /dev/null \
    && kill "$service" && { wait "$service" || [ $? -eq 143 ]; } \
    && test -f streamgrad.aot

FROM service
COPY --from=training /opt/streamgrad/streamgrad.aot ./
# The only place that is written to but /tmp: the rest may be read-only.
RUN mkdir -p /var/lib/streamgrad && chown 10001:10001 /var/lib/streamgrad
# For who looks around inside: docker exec ... streamgrad topology.
ENV PATH="${PATH}:/opt/streamgrad"
VOLUME /var/lib/streamgrad
WORKDIR /var/lib/streamgrad
USER 10001:10001
EXPOSE 8080 8081
# No shell between: SIGTERM reaches the JVM, which commits, leaves the group and ends.
ENTRYPOINT ["java", "@/opt/streamgrad/jvm.options", "@/opt/streamgrad/jvm-24.options", \
  "-XX:AOTCache=/opt/streamgrad/streamgrad.aot", "-XX:MaxRAMPercentage=60", \
  "-jar", "/opt/streamgrad/streamgrad.jar"]
CMD ["serve"]
# Whether it lives, not whether it is ready: who restores weights or waits for Kafka is not to be restarted.
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=6 \
  CMD ["/opt/streamgrad/healthcheck"]
ARG VERSION=0.1.0-SNAPSHOT
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Streamgrad" \
  org.opencontainers.image.description="Exactly-once, bit-reproducible online learning on Kafka Streams" \
  org.opencontainers.image.licenses="Apache-2.0 AND CC-BY-SA-3.0" \
  org.opencontainers.image.base.name="eclipse-temurin:25-jre" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
