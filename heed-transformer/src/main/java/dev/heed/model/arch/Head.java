package dev.heed.model.arch;

import java.util.List;

/**
 * What a head that classifies says, and what transformers calls models that have it.
 *
 * <pre>{@code
 * Head.TOKENS.isOf("BertForTokenClassification"); // true
 * }</pre>
 */
public enum Head {
    /** The class of a text or picture as a whole. */
    WHOLE("classifies", "ForSequenceClassification", "ForImageClassification"),
    /** The class of each token. */
    TOKENS("classifies tokens", "ForTokenClassification"),
    /** Where the answer to a question begins and ends: two scores for each token. */
    PLACES("finds answers", "ForQuestionAnswering");

    private final String does;
    private final List<String> endings;

    Head(String does, String... endings) {
        this.does = does;
        this.endings = List.of(endings);
    }

    /** What it does, in the words of messages. */
    String does() {
        return does;
    }

    /** True if a model of this name in {@code architectures} has such a head. */
    public boolean isOf(String architecture) {
        return endings.stream().anyMatch(architecture::endsWith);
    }

    /** True if one of these names is that of a model with such a head. */
    public boolean isOfOne(List<String> architectures) {
        return architectures.stream().anyMatch(this::isOf);
    }
}
