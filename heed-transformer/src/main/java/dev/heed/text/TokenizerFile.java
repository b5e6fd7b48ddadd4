package dev.heed.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A tokenizer.json, checked before native code sees it: known kinds of parts only, ids that are distinct and in range, merges
 * of known tokens, patterns that end, and nothing that the native library is known to answer by ending the process. Its own
 * truncation, padding and dropout are taken out, as transformers does for a plain call.
 */
record TokenizerFile(
        String json,
        Map<String, Integer> ids,
        String[] pieces,
        Set<Integer> special,
        Labels labels,
        @Nullable String unk,
        boolean isBytePairs,
        PieceBytes bytes) {
    private static final Map<String, Set<String>> KINDS = Map.of(
            "model", Set.of("BPE", "WordPiece", "WordLevel", "Unigram"),
            "normalizer",
                    Set.of(
                            "BertNormalizer",
                            "Strip",
                            "StripAccents",
                            "NFC",
                            "NFD",
                            "NFKC",
                            "NFKD",
                            "Sequence",
                            "Lowercase",
                            "Nmt",
                            "Precompiled",
                            "Replace",
                            "Prepend",
                            "ByteLevel"),
            "pre_tokenizer",
                    Set.of(
                            "BertPreTokenizer",
                            "ByteLevel",
                            "CharDelimiterSplit",
                            "Metaspace",
                            "Whitespace",
                            "Sequence",
                            "Split",
                            "Punctuation",
                            "WhitespaceSplit",
                            "Digits",
                            "UnicodeScripts"),
            "post_processor",
                    Set.of("RobertaProcessing", "BertProcessing", "ByteLevel", "TemplateProcessing", "Sequence"),
            "decoder",
                    Set.of(
                            "BPEDecoder",
                            "ByteLevel",
                            "WordPiece",
                            "Metaspace",
                            "CTC",
                            "Sequence",
                            "Replace",
                            "Fuse",
                            "Strip",
                            "ByteFallback"));
    private static final Map<String, String> PARTS = Map.of(
            "normalizer", "normalizers",
            "pre_tokenizer", "pretokenizers",
            "post_processor", "processors",
            "decoder", "decoders");
    private static final int MOST_PARTS = 64;
    /** No published vocabulary is a tenth of this. */
    private static final int MOST_TOKENS = 4_000_000;

    private static final int LONGEST_WORD = 10_000;
    private static final double LARGEST_SCORE = 1e9;

    /** @param idLimit ids must be below it: the model's embedding rows */
    static TokenizerFile check(String file, JsonNode tree, int idLimit) {
        if (!(tree instanceof ObjectNode root) || !(root.get("model") instanceof ObjectNode model)) {
            throw new IllegalArgumentException(file + ": must be an object with a 'model', as tokenizer.json has");
        }
        return new Checking(file, root, model, idLimit).run();
    }

    private static final class Checking {
        private final String file;
        private final ObjectNode root;
        private final ObjectNode model;
        private final int idLimit;
        private final Map<String, Integer> ids = new HashMap<>();
        private final Set<Integer> used = new HashSet<>();
        private final Set<Integer> special = new HashSet<>();

        Checking(String file, ObjectNode root, ObjectNode model, int idLimit) {
            this.file = file;
            this.root = root;
            this.model = model;
            this.idLimit = idLimit;
        }

        TokenizerFile run() {
            String kind = modelKind();
            if (kind.equals("Unigram")) {
                unigram();
            } else {
                vocabulary();
            }
            if (kind.equals("BPE")) {
                merges();
                model.putNull("dropout");
            }
            if (model.path("max_input_chars_per_word").asLong(0) > LONGEST_WORD) {
                throw bad("'max_input_chars_per_word' must be at most " + LONGEST_WORD);
            }
            int inModel = ids.size();
            addedTokens(inModel);
            PARTS.keySet().stream()
                    .sorted()
                    .forEach(part -> part(part, root.path(part), 0)); // the same error each time
            root.putNull("truncation").putNull("padding");
            String json = Json.write(root);
            requirePaired(json);
            return new TokenizerFile(
                    json,
                    Map.copyOf(ids),
                    pieces(),
                    Set.copyOf(special),
                    labels(),
                    unk(),
                    kind.equals("BPE"),
                    PieceBytes.of(root.path("decoder")));
        }

        /** Files of before 2022 leave the kind out; it shows in the fields. */
        private String modelKind() {
            if (!model.has("type")) {
                model.put(
                        "type",
                        model.path("vocab").isArray()
                                ? "Unigram"
                                : model.has("merges")
                                        ? "BPE"
                                        : model.has("continuing_subword_prefix") ? "WordPiece" : "WordLevel");
            }
            return kind("model", model);
        }

        private String kind(String part, JsonNode node) {
            String kind = node.path("type").asString("");
            Set<String> known = KINDS.getOrDefault(part, Set.of());
            if (!known.contains(kind)) {
                throw bad("'" + part + "' must have a type of "
                        + known.stream().sorted().toList() + ", got " + Visible.quote(kind));
            }
            return kind;
        }

        private void vocabulary() {
            if (!(model.get("vocab") instanceof ObjectNode vocab)) {
                throw bad("'model.vocab' must be an object from tokens to ids");
            }
            vocab.properties().forEach(entry -> add(entry.getKey(), id(entry.getKey(), entry.getValue())));
            // Holes are harmless but must stay holes, not a way to make tables of any size.
            int largest = used.stream().mapToInt(Integer::intValue).max().orElse(-1);
            long limit = 2L * ids.size() + 1024;
            if (largest >= limit) {
                throw bad("ids must be below " + limit + " for " + ids.size() + " tokens, got " + largest);
            }
        }

        private int id(String token, JsonNode value) {
            if (!value.isIntegralNumber()
                    || !value.canConvertToInt()
                    || value.asInt() < 0
                    || value.asInt() >= idLimit) {
                throw bad("the id of token " + Visible.quote(token) + " must be from 0 to " + (idLimit - 1)
                        + ", below the model's vocabulary size, got " + Visible.quote(value.toString()));
            }
            return value.asInt();
        }

        private void add(String token, int id) {
            if (!used.add(id)) {
                throw bad("each id must belong to one token, but " + id + " is also given to " + Visible.quote(token));
            }
            if (ids.putIfAbsent(token, id) != null) {
                throw bad("token " + Visible.quote(token) + " is listed twice");
            }
        }

        private void unigram() {
            JsonNode vocab = model.path("vocab");
            if (!vocab.isArray() || vocab.isEmpty() || vocab.size() > Math.min(idLimit, MOST_TOKENS)) {
                throw bad("'model.vocab' must be a list of 1 to " + Math.min(idLimit, MOST_TOKENS)
                        + " tokens with scores, got " + vocab.size());
            }
            for (JsonNode entry : vocab) {
                JsonNode score = entry.path(1);
                boolean valid = entry.size() == 2
                        && entry.path(0).isString()
                        && score.isNumber()
                        && Math.abs(score.doubleValue()) <= LARGEST_SCORE;
                if (!valid || entry.path(0).asString().isEmpty()) {
                    throw bad("entry " + ids.size() + " of 'model.vocab' must be [token, finite score]");
                }
                add(entry.path(0).asString(), ids.size());
            }
            JsonNode unk = model.path("unk_id");
            if (!unk.isMissingNode()
                    && !unk.isNull()
                    && !(unk.isIntegralNumber()
                            && unk.canConvertToInt()
                            && unk.asInt() >= 0
                            && unk.asInt() < ids.size())) {
                throw bad("'model.unk_id' must be from 0 to " + (ids.size() - 1) + ", got "
                        + Visible.quote(unk.toString()));
            }
        }

        private void merges() {
            String prefix = model.path("continuing_subword_prefix").asString("");
            int index = 0;
            for (JsonNode merge : model.path("merges")) {
                String[] two = merge.isString()
                        ? merge.asString().split(" ", -1)
                        : new String[] {
                            merge.path(0).asString(""), merge.path(1).asString("")
                        };
                boolean known = two.length == 2
                        && !(merge.isArray() && merge.size() != 2)
                        && ids.containsKey(two[0])
                        && ids.containsKey(two[1])
                        && two[1].startsWith(prefix)
                        && ids.containsKey(two[0] + two[1].substring(prefix.length()));
                if (!known) {
                    throw bad("merge " + index + " must join two tokens of the vocabulary to a third, got "
                            + Visible.quote(String.join(" ", two)));
                }
                index++;
            }
        }

        /** The native library numbers tokens outside the model's vocabulary itself; the file must agree with it. */
        private void addedTokens(int inModel) {
            int next = inModel;
            for (JsonNode token : root.path("added_tokens")) {
                String content = token.path("content").asString("");
                int id = id(content, token.path("id"));
                if (content.isEmpty()) {
                    throw bad("each of 'added_tokens' must have a content");
                }
                Integer known = ids.get(content);
                int expected = known == null ? next : known;
                if (id != expected) {
                    throw bad("added token " + Visible.quote(content) + " must have id " + expected
                            + (known == null ? ", the next after the vocabulary" : ", as in the vocabulary") + ", got "
                            + id);
                }
                if (known == null) {
                    add(content, id);
                    next++;
                }
                if (token.path("special").asBoolean(false)) {
                    special.add(id);
                }
            }
        }

        private void part(String part, JsonNode node, int depth) {
            if (node.isMissingNode() || node.isNull()) {
                return;
            }
            String kind = kind(part, node);
            JsonNode parts = node.path(PARTS.getOrDefault(part, ""));
            if (depth > 4 || parts.size() > MOST_PARTS) {
                throw bad("'" + part + "' must have at most " + MOST_PARTS + " parts, 4 levels deep");
            }
            parts.forEach(inner -> part(part, inner, depth + 1));
            pattern(part, node.path("pattern"));
            switch (kind) {
                case "Precompiled" ->
                    CharsMap.check(file, node.path("precompiled_charsmap").asString(""));
                case "Strip" -> strip(part, node);
                case "TemplateProcessing" -> template(node);
                case "RobertaProcessing", "BertProcessing" -> {
                    processorId(node.path("sep"));
                    processorId(node.path("cls"));
                }
                default -> {}
            }
        }

        private void pattern(String part, JsonNode pattern) {
            if (pattern.has("Regex")) {
                PatternCheck.check(
                        file + ": '" + part + "'", pattern.path("Regex").asString(""));
            } else if (!pattern.isMissingNode()
                    && pattern.path("String").asString("").isEmpty()) {
                throw bad("'" + part + "' has a pattern that is neither a 'String' with characters nor a 'Regex'");
            }
        }

        /** A decoder's strip from both ends of one short token ends the native process. */
        private void strip(String part, JsonNode node) {
            if (part.equals("decoder") && node.path("stop").asLong(0) != 0) {
                throw bad("a 'decoder' of type 'Strip' must have stop 0, got "
                        + Visible.quote(node.path("stop").toString()));
            }
        }

        private void template(JsonNode node) {
            if (node.path("single").size() > MOST_PARTS || node.path("pair").size() > MOST_PARTS) {
                throw bad("a template must have at most " + MOST_PARTS + " parts");
            }
            for (JsonNode token : node.path("special_tokens")) {
                if (token.path("ids").size() > MOST_PARTS
                        || token.path("ids").size() != token.path("tokens").size()) {
                    throw bad("a template's special token must have as many 'ids' as 'tokens'");
                }
                token.path("ids").forEach(this::knownId);
            }
            node.path("single").forEach(piece -> templatePiece(piece, node.path("special_tokens")));
            node.path("pair").forEach(piece -> templatePiece(piece, node.path("special_tokens")));
        }

        /** A special token that the template does not describe ends the native process. */
        private void templatePiece(JsonNode piece, JsonNode described) {
            if (piece.has("SpecialToken")) {
                String id = piece.path("SpecialToken").path("id").asString("");
                if (!described.path(id).path("id").asString("").equals(id)) {
                    throw bad("a template names the special token " + Visible.quote(id)
                            + ", which its 'special_tokens' do not describe");
                }
            }
        }

        private void processorId(JsonNode pair) {
            knownId(pair.path(1));
        }

        private void knownId(JsonNode id) {
            if (!id.isIntegralNumber() || !id.canConvertToInt() || !used.contains(id.asInt())) {
                throw bad("'post_processor' names id " + Visible.quote(id.toString()) + ", which no token has");
            }
        }

        private void requirePaired(String json) {
            for (int i = 0; i < json.length(); i++) {
                char c = json.charAt(i);
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < json.length()
                        && Character.isLowSurrogate(json.charAt(i + 1));
                if (Character.isSurrogate(c) && !pair) {
                    throw bad("holds a lone surrogate, which is no character");
                }
                i += pair ? 1 : 0;
            }
        }

        private String[] pieces() {
            String[] pieces =
                    new String[used.stream().mapToInt(Integer::intValue).max().orElse(-1) + 1];
            ids.forEach((piece, id) -> pieces[id] = piece);
            return pieces;
        }

        private Labels labels() {
            List<String> parts = new ArrayList<>();
            for (String part : List.of("pre_tokenizer", "decoder", "normalizer")) {
                parts.add(root.path(part).toString());
            }
            String all = String.join(" ", parts);
            return all.contains("\"ByteLevel\"")
                    ? Labels.BYTE_LEVEL
                    : all.contains("▁") ? Labels.METASPACE : Labels.PLAIN;
        }

        private @Nullable String unk() {
            return model.has("unk_id") // of a unigram model
                    ? model.path("vocab")
                            .path(model.path("unk_id").asInt(-1))
                            .path(0)
                            .asString(null)
                    : model.path("unk_token").asString(null);
        }

        private IllegalArgumentException bad(String what) {
            return new IllegalArgumentException(file + ": " + what);
        }
    }
}
