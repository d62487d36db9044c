package io.streamgrad.streams.internal;

import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.processor.internals.ProcessorContextUtils;
import org.apache.kafka.streams.processor.internals.ProcessorNode;
import org.apache.kafka.streams.processor.internals.ProcessorRecordContext;

/**
 * Where a record is in the topology, to forward from there later: during another record, or while
 * the stores are flushed, when Kafka Streams is at no processor and refuses to forward. It finds
 * the children by the processor, and gives sinks and error handlers the topic, the partition and
 * the offset of the record.
 *
 * <p>{@link InternalProcessorContext} is internal to Kafka Streams, which forwards with it what its
 * own caches have held back, at the same moment (docs/decisions/0016). Used by the stream thread.
 */
public record ForwardingPoint(
    InternalProcessorContext<?, ?> context,
    ProcessorNode<?, ?, ?, ?> processor,
    ProcessorRecordContext record) {

  /** Where the context is now, in a processor's {@code process}. */
  public static ForwardingPoint of(ProcessorContext<?, ?> context) {
    InternalProcessorContext<?, ?> internal =
        ProcessorContextUtils.asInternalProcessorContext(context);
    return new ForwardingPoint(internal, internal.currentNode(), internal.recordContext());
  }

  /** Runs what forwards, as if the context was still there. */
  public void run(Runnable forwarding) {
    ProcessorNode<?, ?, ?, ?> processorBefore = context.currentNode();
    ProcessorRecordContext recordBefore = context.recordContext();
    context.setCurrentNode(processor);
    context.setRecordContext(record);
    try {
      forwarding.run();
    } finally {
      context.setCurrentNode(processorBefore);
      context.setRecordContext(recordBefore);
    }
  }
}
