package dev.heed.app.verify;

/**
 * One tensor, or one verdict, compared with the expected one.
 *
 * @param what the tensor's name
 * @param error largest absolute difference; NaN where there is nothing to subtract
 * @param float32 PyTorch's own float32 error on the same tensor; NaN where the case has none
 * @param allowed the largest error that passes, at the element nearest to it
 * @param share the largest error ÷ allowed over the elements: above 1 fails
 * @param remark what a number cannot say; may be empty
 */
public record Check(String what, double error, double float32, double allowed, double share, String remark) {
    /** A verdict without numbers. */
    static Check verdict(String what, boolean passed, String remark) {
        return new Check(what, Double.NaN, Double.NaN, Double.NaN, passed ? 0 : Double.POSITIVE_INFINITY, remark);
    }

    public boolean passed() {
        return share <= 1;
    }
}
