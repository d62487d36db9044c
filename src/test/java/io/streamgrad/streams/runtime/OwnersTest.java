package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.streams.state.HostInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnersTest {

  @ParameterizedTest
  @ValueSource(strings = {"[2001:db8::7]:8080", "10.1.2.3:8080", "learner-0.learner.ml.svc:8080"})
  void anAddressIsToldAsItWasAdvertisedAndNobodyIsSentToItself(String advertised) {
    HostInfo told = HostInfo.buildFromEndpoint(advertised);

    assertThat(new Owners("other:8080").address(told)).isEqualTo(advertised);
    assertThat(new Owners(advertised).address(told)).isNull();
  }

  @Test
  void anInstanceThatIsNotKnownHasNoAddress() {
    assertThat(new Owners("other:8080").address(HostInfo.unavailable())).isNull();
  }
}
