package weir.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;

/** The model of the bench: rows of features in, probabilities of two classes out. For one thread. */
final class Net implements AutoCloseable {
  static final int FEATURES = Card.FEATURES;
  static final int MAX_ROWS = 4096;
  static final String[] CLASSES = {"genuine", "fraud"};

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final FloatBuffer input =
      ByteBuffer.allocateDirect(MAX_ROWS * FEATURES * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();

  Net(String path) {
    try {
      OrtSession.SessionOptions options = new OrtSession.SessionOptions();
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      session = environment.createSession(path, options);
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One row, the way the library's own examples do it. */
  float[] scoreOne(float[] features) {
    try (OnnxTensor tensor = OnnxTensor.createTensor(environment, new float[][] {features});
        OrtSession.Result result = session.run(Map.of("features", tensor))) {
      return ((float[][]) result.get(0).getValue())[0];
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Many rows in one run; {@code features} holds them one after the other. Gives two probabilities a row. */
  float[] score(float[] features, int rows) {
    float[] out = new float[rows * CLASSES.length];
    for (int first = 0; first < rows; first += MAX_ROWS) {
      int count = Math.min(MAX_ROWS, rows - first);
      input.clear();
      input.put(features, first * FEATURES, count * FEATURES).flip();
      try (OnnxTensor tensor = OnnxTensor.createTensor(environment, input, new long[] {count, FEATURES});
          OrtSession.Result result = session.run(Map.of("features", tensor))) {
        ((OnnxTensor) result.get(0)).getFloatBuffer().get(out, first * CLASSES.length, count * CLASSES.length);
      } catch (OrtException e) {
        throw new IllegalStateException(e);
      }
    }
    return out;
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
