package dev.heed.model;

import dev.heed.text.Token;

/**
 * The likeliest class of one token.
 *
 * <pre>{@code
 * for (TokenClass each : model.classifyTokens("Ada lives in Paris.")) {
 *     System.out.println(each.token().label() + " " + each.label() + " " + each.score());
 * }
 * }</pre>
 *
 * @param token of the text
 * @param label of the class, from {@code id2label}
 * @param score its probability
 */
public record TokenClass(Token token, String label, double score) {}
