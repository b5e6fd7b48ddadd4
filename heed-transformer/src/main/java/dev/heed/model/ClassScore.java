package dev.heed.model;

import dev.heed.model.checkpoint.Config;

/**
 * One class of a text or picture.
 *
 * <pre>{@code
 * model.classify("A fine day.").getFirst().label();
 * }</pre>
 *
 * @param label from config.json's {@code id2label}, or {@code LABEL_i}
 * @param score a probability: among the classes, or where labels do not exclude each other of this one alone; for a
 *     regression the number itself
 */
public record ClassScore(String label, double score) {
    /** What config.json calls a class. */
    public static String label(Config config, int index) {
        return config.within("id2label")
                .filter(labels -> labels.has(Integer.toString(index)))
                .map(labels -> labels.requireString(Integer.toString(index)))
                .orElse("LABEL_" + index);
    }
}
