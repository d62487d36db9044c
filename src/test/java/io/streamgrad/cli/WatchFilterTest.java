package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class WatchFilterTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "-                                                      | true",
        "--model digits                                         | true",
        "--model letters                                        | false",
        "--from-offset 17                                       | true",
        "--from-offset 18                                       | false",
        "--until-offset 17                                      | true",
        "--until-offset 16                                      | false",
        "--from-time 2026-01-01T00:00:10Z                       | true",
        "--from-time 2026-01-01T00:00:11Z                       | false",
        "--until-time 2026-01-01T00:00:10Z                      | true",
        "--until-time 2026-01-01T00:00:09.999Z                  | false",
        "--from-time 2026-01-01T01:00:10+01:00                  | true",
        "--model digits --from-offset 17 --until-offset 17      | true",
        "--model digits --from-offset 17 --from-time 1s         | false",
      })
  void onlyWhatFitsToAllOfItPasses(String options, boolean passes) {
    WatchFilter filter = parse(options == null ? "" : options);

    assertThat(filter.passes(record(), read("digits", 17))).isEqualTo(passes);
  }

  @Test
  void givenARecordOfNoOffsetThenItPassesWhereOffsetsDoNotMatter() {
    assertThat(parse("").passes(record(), read("digits", -1))).isTrue();
    assertThat(parse("--from-offset 0").passes(record(), read("digits", -1))).isFalse();
    assertThat(parse("--until-offset 9").passes(record(), read("digits", -1))).isFalse();
  }

  @Test
  void whereItEndsAndWhetherItLooksBackFollowsFromIt() {
    assertThat(parse("--model digits").looksBack()).isFalse();
    assertThat(parse("--model digits").end()).isNull();
    assertThat(parse("--from-offset 3").looksBack()).isTrue();
    assertThat(parse("--from-offset 3").end()).isNull();
    assertThat(parse("--until-offset 3").end()).isEqualTo(Instant.MIN);
    assertThat(parse("--until-offset 3 --until-time 2026-01-01T00:00Z").end())
        .isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
  }

  @Test
  void timesMayBeThisMachinesOrSoLongAgo() {
    PointInTime time = new PointInTime();
    assertThat(time.convert("2026-01-31T12:00"))
        .isEqualTo(LocalDateTime.of(2026, 1, 31, 12, 0).atZone(ZoneId.systemDefault()).toInstant());
    assertThat(time.convert("15m"))
        .isCloseTo(Instant.now().minusSeconds(900), within(1, ChronoUnit.MINUTES));
    assertThat(time.convert("3d"))
        .isCloseTo(Instant.now().minus(3, ChronoUnit.DAYS), within(1, ChronoUnit.MINUTES));
  }

  private static WatchFilter parse(String options) {
    Watching watching = new Watching();
    new CommandLine(watching)
        .parseArgs(options.isBlank() ? new String[0] : options.strip().split(" +", -1));
    return watching.filter;
  }

  @Command
  private static final class Watching {
    @Mixin private final WatchFilter filter = new WatchFilter();
  }

  private static WatchedRecord read(String model, long offset) {
    return new WatchedRecord(model, offset, () -> "", () -> "");
  }

  private static ConsumerRecord<byte[], byte[]> record() {
    return new ConsumerRecord<>(
        "topic",
        0,
        0,
        Instant.parse("2026-01-01T00:00:10Z").toEpochMilli(),
        TimestampType.CREATE_TIME,
        0,
        0,
        null,
        null,
        new RecordHeaders(),
        Optional.empty());
  }
}
