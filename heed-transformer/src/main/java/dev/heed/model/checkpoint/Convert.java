package dev.heed.model.checkpoint;

import java.nio.ByteBuffer;

/** Little-endian elements to Java numbers. Bytes may lie at any address: nothing here assumes alignment. */
final class Convert {
    private Convert() {}

    /** F64 is rounded to nearest; F16, BF16 and the small integers are exact. */
    static void floats(DType dtype, ByteBuffer bytes, float[] to, int from, int count) {
        switch (dtype) {
            case F32 -> bytes.asFloatBuffer().get(to, from, count);
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    to[from + i] = Float.float16ToFloat(bytes.getShort(2 * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    to[from + i] = Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
                }
            }
            case F64 -> {
                for (int i = 0; i < count; i++) {
                    to[from + i] = (float) bytes.getDouble(8 * i);
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    to[from + i] = integer(dtype, bytes, i);
                }
            }
        }
    }

    static void doubles(DType dtype, ByteBuffer bytes, double[] to, int from, int count) {
        for (int i = 0; i < count; i++) {
            to[from + i] = switch (dtype) {
                case F64 -> bytes.getDouble(8 * i);
                case F32 -> bytes.getFloat(4 * i);
                case F16 -> Float.float16ToFloat(bytes.getShort(2 * i));
                default -> Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
            };
        }
    }

    static void longs(DType dtype, ByteBuffer bytes, long[] to, int from, int count) {
        for (int i = 0; i < count; i++) {
            to[from + i] = integer(dtype, bytes, i);
        }
    }

    private static long integer(DType dtype, ByteBuffer bytes, int i) {
        return switch (dtype) {
            case I64, U64 -> bytes.getLong(8 * i);
            case I32 -> bytes.getInt(4 * i);
            case U32 -> Integer.toUnsignedLong(bytes.getInt(4 * i));
            case I16 -> bytes.getShort(2 * i);
            case U16 -> Short.toUnsignedInt(bytes.getShort(2 * i));
            case I8 -> bytes.get(i);
            case U8 -> Byte.toUnsignedInt(bytes.get(i));
            case BOOL -> bytes.get(i) == 0 ? 0 : 1;
            default -> throw new IllegalStateException("not an integer dtype: " + dtype);
        };
    }

    /** NaN and infinities are the floats whose exponent bits are all ones. */
    static boolean allFinite(float[] values, int from, int count) {
        int largest = 0;
        for (int i = from; i < from + count; i++) {
            largest = Math.max(largest, Float.floatToRawIntBits(values[i]) & 0x7f800000);
        }
        return largest < 0x7f800000;
    }
}
