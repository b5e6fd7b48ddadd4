/** ONNX models built in memory: the few protobuf messages that a graph needs. */
@org.jspecify.annotations.NullMarked
package dev.heed.bench.onnx;
