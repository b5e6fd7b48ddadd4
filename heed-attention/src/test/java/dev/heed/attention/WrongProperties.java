package dev.heed.attention;

import dev.heed.tensor.Tensor;

/** A program that attends twice and prints what each call says. */
final class WrongProperties {
    private WrongProperties() {}

    public static void main(String[] args) {
        Tensor x = Tensor.zeros(1, 1, 2, 4);
        for (int i = 0; i < 2; i++) {
            try {
                Attention.scaledDotProduct().apply(x, x, x);
                System.out.println("fine");
            } catch (IllegalArgumentException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
