package io.streamgrad.bench;

import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.ModelEntry;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Live models in Flink's state. Their bytes are made when a checkpoint writes them, and when a
 * model is learned on meanwhile, which copies it. Without any state of its own; any thread.
 */
public final class ModelEntrySerializer extends TypeSerializerSingleton<ModelEntry> {
  private static final long serialVersionUID = 1;

  @Override
  public boolean isImmutableType() {
    return false;
  }

  /** There is no model without a specification. */
  @Override
  public ModelEntry createInstance() {
    throw new UnsupportedOperationException();
  }

  @Override
  public int getLength() {
    return -1; // not the same for all models
  }

  @Override
  public ModelEntry copy(ModelEntry from) {
    return ModelCodec.decode(ModelCodec.encode(from));
  }

  @Override
  public ModelEntry copy(ModelEntry from, ModelEntry reuse) {
    return copy(from);
  }

  @Override
  public void serialize(ModelEntry model, DataOutputView out) throws IOException {
    byte[] bytes = ModelCodec.encode(model);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  @Override
  public ModelEntry deserialize(DataInputView in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return ModelCodec.decode(bytes);
  }

  @Override
  public ModelEntry deserialize(ModelEntry reuse, DataInputView in) throws IOException {
    return deserialize(in);
  }

  @Override
  public void copy(DataInputView in, DataOutputView out) throws IOException {
    int length = in.readInt();
    out.writeInt(length);
    out.write(in, length);
  }

  @Override
  public TypeSerializerSnapshot<ModelEntry> snapshotConfiguration() {
    return new Snapshot();
  }

  /**
   * What a checkpoint says of this serializer: its class; the bytes have a version of their own.
   */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<ModelEntry> {
    /** Made by Flink, too. */
    public Snapshot() {
      super(ModelEntrySerializer::new);
    }
  }
}
