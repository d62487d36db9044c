#!/usr/bin/env bash
# Micrometer 1.17.2: the buckets of a distribution summary count each value as the next whole number.
#
# Guess: DistributionSummary.builder("loss").serviceLevelObjectives(0.1, 0.5, 1, 1.5, 2.5) gives a histogram with these
#   buckets, in which a loss of 0.0625 is under le="0.1": bounds and values are doubles.
# Source: https://docs.micrometer.io/micrometer/reference/concepts/distribution-summaries.html (of the buckets that
#   publishPercentileHistogram selects, it says that they are whole numbers; of one's own bounds it does not);
#   https://github.com/micrometer-metrics/micrometer/issues/2592.
# Behaviour: a value is rounded up before its bucket is looked for. So all from 0 to 1 are in the bucket for 1, those
#   below are empty for ever, and above 1 a bound counts as the whole number below it. Count, sum and max are right, and
#   nothing is logged. histogram_quantile makes of a median loss of 0.03 one between 0.5 and 1; losses, probabilities and
#   ratios are such values. Prometheus' own client puts them where they belong; so does a timer, which counts nanoseconds,
#   and a summary with scale(1000), in other units.
# Seen:
#   recorded 0.0625 0.25 0.75 1.25 1.75
#   Micrometer: le 0.1 0, le 0.5 0, le 1.0 3, le 1.5 3, le 2.5 5, count 5, sum 4.0625
#   Micrometer, scale(1000): le 100.0 1, le 500.0 2, le 1000.0 3, le 1500.0 4, le 2500.0 5, count 5, sum 4062.5
#   Prometheus' client: le 0.1 1, le 0.5 2, le 1.0 3, le 1.5 4, le 2.5 5, count 5, sum 4.0625
#
# Needs a JDK (17 or later) and Maven. Ends with 1 if the behaviour is another.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/pom.xml" <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.micrometer</groupId>
      <artifactId>micrometer-registry-prometheus</artifactId>
      <version>1.17.2</version>
    </dependency>
  </dependencies>
</project>
POM
cat > "$work/Buckets.java" <<'JAVA'
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.function.DoubleConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

class Buckets {
  static final double[] VALUES = {0.0625, 0.25, 0.75, 1.25, 1.75};
  static final double[] BOUNDS = {0.1, 0.5, 1, 1.5, 2.5};
  static final Pattern SAMPLE =
      Pattern.compile("loss_(?:bucket\\{le=\"([0-9.]+)\"}|(count|sum)) ([0-9.]+)");

  public static void main(String[] arguments) {
    StringBuilder values = new StringBuilder("recorded");
    for (double value : VALUES) {
      values.append(' ').append(value);
    }
    System.out.println(values);
    PrometheusMeterRegistry plain = registry();
    show("Micrometer", plain, summary(plain, 1, BOUNDS)::record);
    PrometheusMeterRegistry scaled = registry();
    double[] thousands = {100, 500, 1000, 1500, 2500};
    show("Micrometer, scale(1000)", scaled, summary(scaled, 1000, thousands)::record);
    PrometheusMeterRegistry own = registry();
    Histogram histogram =
        Histogram.builder()
            .name("loss")
            .classicOnly()
            .withoutExemplars()
            .classicUpperBounds(BOUNDS)
            .register(own.getPrometheusRegistry());
    show("Prometheus' client", own, histogram::observe);
  }

  static PrometheusMeterRegistry registry() {
    return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  }

  static DistributionSummary summary(
      PrometheusMeterRegistry registry, double scale, double[] bounds) {
    return DistributionSummary.builder("loss")
        .scale(scale)
        .serviceLevelObjectives(bounds)
        .register(registry);
  }

  static void show(String what, PrometheusMeterRegistry registry, DoubleConsumer record) {
    for (double value : VALUES) {
      record.accept(value);
    }
    StringBuilder line = new StringBuilder(what).append(':');
    String separator = " ";
    for (Matcher sample = SAMPLE.matcher(registry.scrape()); sample.find(); separator = ", ") {
      String name = sample.group(1) == null ? sample.group(2) : "le " + sample.group(1);
      line.append(separator).append(name).append(' ').append(sample.group(3));
    }
    System.out.println(line);
  }
}
JAVA
mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib"
java -cp "$work/lib/*" "$work/Buckets.java" 2> "$work/log" | tee "$work/seen"
diff <(sed -n "s/^#   \(recorded .*\|\(Micrometer\|Prometheus' client\)[^:]*: le .*\)$/\1/p" "$0") "$work/seen"
echo "as described"
