package dev.heed.bench.rival;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.heed.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A graph that ONNX Runtime has loaded, every input and output bound to native memory once. */
final class OrtGraph implements Contestant {
    private final OrtSession session;
    private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
    private FloatBuffer result = FloatBuffer.allocate(0);
    private int[] shape = {0};
    private boolean tokenMajor;

    OrtGraph(byte[] model, int threads) throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            session = environment().createSession(model, options);
        }
    }

    static OrtEnvironment environment() {
        OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
        try {
            environment.setTelemetry(false);
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime: telemetry could not be switched off", e);
        }
        return environment;
    }

    void input(String name, Tensor tensor, long... inputShape) throws OrtException {
        inputs.put(name, OnnxTensor.createTensor(environment(), direct(tensor), inputShape));
    }

    void input(String name, long[] values, long... inputShape) throws OrtException {
        LongBuffer buffer = bytes(8L * values.length).asLongBuffer().put(0, values);
        inputs.put(name, OnnxTensor.createTensor(environment(), buffer, inputShape));
    }

    /** An input that the operator updates where it lies. */
    void inPlace(String input, String output, Tensor tensor, long... inputShape) throws OrtException {
        input(input, tensor, inputShape);
        outputs.put(output, inputs.get(input));
    }

    /** How GroupQueryAttention learns of M cached keys: index of the last one, and their number. */
    void cached(int keys) throws OrtException {
        inputs.put("last", int32(keys - 1, 1));
        inputs.put("total", int32(keys));
    }

    /** Binds the output that is compared. */
    OrtGraph result(String name, long... resultShape) throws OrtException {
        shape = Arrays.stream(resultShape).mapToInt(Math::toIntExact).toArray();
        result = direct(Tensor.zeros(shape));
        outputs.put(name, OnnxTensor.createTensor(environment(), result, resultShape));
        return this;
    }

    /** The result is [1, N, H·D]; it is handed out as [1, H, N, D]. */
    OrtGraph byHead(int heads, int queries, int width) {
        shape = new int[] {1, queries, heads, width};
        tokenMajor = true;
        return this;
    }

    private static OnnxTensor int32(int value, long... inputShape) throws OrtException {
        IntBuffer one = bytes(4).asIntBuffer().put(0, value);
        return OnnxTensor.createTensor(environment(), one, inputShape);
    }

    private static FloatBuffer direct(Tensor tensor) {
        return bytes(4L * tensor.elements()).asFloatBuffer().put(0, tensor.toArray());
    }

    private static ByteBuffer bytes(long count) {
        return ByteBuffer.allocateDirect(Math.toIntExact(count)).order(ByteOrder.nativeOrder());
    }

    @Override
    public void run() {
        try (OrtSession.Result ignored = session.run(inputs, outputs)) {
            // Bound outputs stay open: the result only owns what ONNX Runtime allocated, which is nothing.
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
        }
    }

    @Override
    public List<Tensor> outputs() {
        float[] values = new float[result.capacity()];
        result.get(0, values);
        Tensor tensor = Tensor.of(values, shape);
        return List.of(tokenMajor ? tensor.transpose(1, 2) : tensor);
    }

    @Override
    public void close() {
        outputs.values().forEach(OnnxTensor::close);
        inputs.values().stream().filter(tensor -> !tensor.isClosed()).forEach(OnnxTensor::close);
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime failed to close: " + e.getMessage(), e);
        }
    }
}
