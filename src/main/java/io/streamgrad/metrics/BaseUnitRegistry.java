package io.streamgrad.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * A Prometheus registry that holds other people's meters to Prometheus' conventions, too. Those of
 * Kafka and of the process are shown like this:
 *
 * <ul>
 *   <li>a name's {@code _ns} or {@code _ms} becomes {@code _seconds} and the value is divided to
 *       match, its help says so, too: {@code kafka_producer_txn_commit_time_ns_total} is {@code
 *       kafka_producer_txn_commit_time_seconds_total};
 *   <li>a gauge's {@code _count} at the end, which is a histogram's, becomes a plural: {@code
 *       kafka_consumer_connection_count} is {@code kafka_consumer_connections};
 *   <li>a meter without help says that its source gives none.
 * </ul>
 *
 * @see <a href="https://prometheus.io/docs/practices/naming/">Prometheus: metric and label
 *     naming</a>
 */
final class BaseUnitRegistry extends PrometheusMeterRegistry {
  private static final PrometheusNamingConvention MICROMETER = new PrometheusNamingConvention();

  BaseUnitRegistry() {
    super(PrometheusConfig.DEFAULT);
    config().namingConvention(new BaseUnits()).meterFilter(new HonestHelp());
  }

  @Override
  protected <T> Gauge newGauge(Meter.Id id, @Nullable T source, ToDoubleFunction<T> value) {
    return super.newGauge(id, source, inBaseUnit(id, value));
  }

  @Override
  protected <T> FunctionCounter newFunctionCounter(
      Meter.Id id, T source, ToDoubleFunction<T> value) {
    return super.newFunctionCounter(id, source, inBaseUnit(id, value));
  }

  private static <T> ToDoubleFunction<T> inBaseUnit(Meter.Id id, ToDoubleFunction<T> value) {
    double divisor = divisor(id);
    return divisor == 1 ? value : source -> value.applyAsDouble(source) / divisor;
  }

  private static double divisor(Meter.Id id) {
    String name = id.getConventionName(MICROMETER) + "_";
    return name.contains("_ns_") ? 1e9 : name.contains("_ms_") ? 1e3 : 1;
  }

  private static final class BaseUnits extends PrometheusNamingConvention {
    @Override
    public String name(String name, Meter.Type type, @Nullable String baseUnit) {
      String exposed = super.name(name, type, baseUnit).replaceAll("_(ns|ms)(?=_|$)", "_seconds");
      return type == Meter.Type.GAUGE ? exposed.replaceAll("_count$", "s") : exposed;
    }
  }

  private static final class HonestHelp implements MeterFilter {
    @Override
    public Meter.Id map(Meter.Id id) {
      String given = id.getDescription();
      String help =
          given == null || given.isBlank()
              ? "Its source gives no help."
              : divisor(id) == 1 ? given : given.replaceAll("(nano|milli)seconds", "seconds");
      return help.equals(given)
          ? id
          : new Meter.Id(id.getName(), Tags.of(id.getTags()), id.getBaseUnit(), help, id.getType());
    }
  }
}
