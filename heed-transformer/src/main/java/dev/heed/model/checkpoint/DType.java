package dev.heed.model.checkpoint;

/**
 * Element types of the safetensors format.
 *
 * <pre>{@code
 * try (Checkpoint checkpoint = Checkpoint.open(Path.of("models/tiny"))) {
 *     boolean halves = checkpoint.names().stream().allMatch(name -> checkpoint.info(name).dtype() == DType.BF16);
 * }
 * }</pre>
 */
public enum DType {
    F64(64),
    F32(32),
    F16(16),
    BF16(16),
    I64(64),
    I32(32),
    I16(16),
    I8(8),
    U64(64),
    U32(32),
    U16(16),
    U8(8),
    BOOL(8),
    /** Named in headers, not read: as are all that follow. */
    C64(64),
    F8_E4M3(8),
    F8_E5M2(8),
    F8_E8M0(8),
    F8_E4M3FNUZ(8),
    F8_E5M2FNUZ(8),
    F6_E2M3(6),
    F6_E3M2(6),
    F4(4);

    private final int bits;

    DType(int bits) {
        this.bits = bits;
    }

    /** Bits per element. */
    public int bits() {
        return bits;
    }

    int bytes() {
        return bits / 8;
    }

    /** True for F64, F32, F16, BF16. */
    public boolean isFloat() {
        return ordinal() <= BF16.ordinal();
    }

    /** True for the signed and unsigned integers and BOOL. */
    public boolean isInteger() {
        return ordinal() >= I64.ordinal() && ordinal() <= BOOL.ordinal();
    }
}
