package dev.heed.model;

/**
 * A part of a text that answers a question.
 *
 * <pre>{@code
 * Answer best = model.answer("Who came?", "The man came home.", 1).getFirst();
 * }</pre>
 *
 * @param text the part
 * @param start index of its first character
 * @param end index behind its last
 * @param score probability that an answer begins there, times that it ends there; both of the text's tokens alone, so it is
 *     taken for granted that the text answers the question
 */
public record Answer(String text, int start, int end, double score) {}
