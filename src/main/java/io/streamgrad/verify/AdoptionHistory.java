package io.streamgrad.verify;

import com.google.protobuf.InvalidProtocolBufferException;
import io.streamgrad.v1.Adoption;
import io.streamgrad.v1.InputPosition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/**
 * What "streamgrad adopt" did to a partition. Batches that it left out are not learned again. Where
 * the weights do not follow from the log before it, the comparison begins there, with the snapshots
 * that it made. Immutable.
 */
final class AdoptionHistory {
  static final AdoptionHistory NONE = new AdoptionHistory(List.of());

  private final List<Adoption> sinceBeginning; // the first may be a new one

  private AdoptionHistory(List<Adoption> sinceBeginning) {
    this.sinceBeginning = sinceBeginning;
  }

  /**
   * Of the adoptions beside a position, oldest first.
   *
   * @throws VerificationException if one can't be read
   */
  static AdoptionHistory of(List<byte[]> stored) {
    List<Adoption> adoptions = new ArrayList<>();
    for (byte[] bytes : stored) {
      try {
        Adoption adoption = Adoption.parseFrom(bytes);
        if (adoption.getNewBeginning()) {
          adoptions.clear();
        }
        adoptions.add(adoption);
      } catch (InvalidProtocolBufferException e) {
        throw new VerificationException("an adoption in the changelog can't be read: " + e);
      }
    }
    return new AdoptionHistory(List.copyOf(adoptions));
  }

  /** Whether the weights of now do not follow from the log before {@link #start}. */
  boolean isNewBeginning() {
    return !sinceBeginning.isEmpty() && sinceBeginning.get(0).getNewBeginning();
  }

  /** The offset of the first record that can be judged. */
  long start() {
    return isNewBeginning() ? sinceBeginning.get(0).getTo().getOffset() : 0;
  }

  /** The offset of the first record in an output topic that can be judged. */
  long outputs(TopicPartition partition) {
    if (isNewBeginning()) {
      for (InputPosition output : sinceBeginning.get(0).getOutputsList()) {
        if (output.getTopic().equals(partition.topic())
            && output.getPartition() == partition.partition()) {
          return output.getOffset();
        }
      }
    }
    return 0;
  }

  /** Whether the record of an offset was left out. */
  boolean isLeftOut(long offset) {
    return sinceBeginning.stream()
        .anyMatch(
            adoption ->
                !adoption.getNewBeginning()
                    && adoption.getFrom().getOffset() <= offset
                    && offset < adoption.getTo().getOffset());
  }

  /** For a message about {@link #start}; empty where it is no new beginning. */
  @Override
  public String toString() {
    if (!isNewBeginning()) {
      return "";
    }
    Adoption first = sinceBeginning.get(0);
    return " for these weights since streamgrad adopt, %s, \"%s\""
        .formatted(Instant.ofEpochMilli(first.getTime()), first.getReason());
  }
}
