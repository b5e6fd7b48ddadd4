package dev.heed.model;

import dev.heed.attention.AttentionMap.Kind;
import dev.heed.grad.Value;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Head;
import dev.heed.model.arch.Network;
import dev.heed.model.arch.Parameters;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Intervention;
import dev.heed.nn.Memory;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import dev.heed.text.Token;
import dev.heed.text.Tokenizer;
import dev.heed.text.Tokens;
import dev.heed.text.Visible;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A model from a Hugging Face folder: config.json, safetensors, tokenizer.json. Results do not depend on the number of
 * threads, on what else is in a batch, or on whether a text goes through at once or token by token. Safe for use by several
 * threads; closing frees the tokenizer.
 *
 * <pre>{@code
 * try (Model model = Model.load(Path.of("models/tiny"))) {
 *     Run run = model.run("Once upon a time");
 *     AttentionMap map = run.recording().map(AttentionMap.Kind.SELF, 0, 0);
 *     Generation more = model.generate("Once upon a time", Generation.Options.greedy(80));
 * }
 * }</pre>
 */
public final class Model implements AutoCloseable {
    /** An encoder–decoder that is run without a text to write writes at most so many tokens of its own. */
    private static final int OWN_WORDS = 128;

    private final Path folder;
    private final Config config;
    private final Network network;
    private final long parameters;
    private final List<String> warnings;
    private final Rules rules;
    private @Nullable Tokenizer tokenizer;
    private @Nullable Tokenizer writer;

    private Model(Path folder, Config config, Network network, long parameters, List<String> warnings, Rules rules) {
        this.folder = folder;
        this.config = config;
        this.network = network;
        this.parameters = parameters;
        this.warnings = warnings;
        this.rules = rules;
    }

    /**
     * Loads a folder.
     *
     * @throws IllegalArgumentException if something in it is not supported or does not fit, naming file, key or tensor
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static Model load(Path folder) {
        return load(folder, (read, all) -> {});
    }

    /** As {@link #load(Path)}, telling how far it is; several threads may tell, one after the other. */
    public static Model load(Path folder, Checkpoint.Progress progress) {
        Config config = Config.read(folder);
        Architectures.of(config);
        Optional<Config> generation = Config.readGeneration(folder);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            checkpoint.tell(progress);
            Network network = Architectures.load(config, checkpoint);
            List<String> warnings = new ArrayList<>(checkpoint.warnings());
            warnings.addAll(Unread.warnings(config, generation));
            warnings.addAll(Architectures.missingHeads(config, checkpoint));
            Rules rules = Rules.read(config, generation, network);
            warnings.addAll(Rules.warnings(config, generation, rules));
            Architectures.Architecture architecture = Architectures.of(config);
            List<String> classes = config.strings("architectures");
            if (!classes.isEmpty() && classes.stream().noneMatch(architecture.classes()::contains)) {
                warnings.add("config.json: a head of " + Visible.escape(String.join(", ", classes))
                        + " is not run; hidden states and attention are those of the model below it");
            }
            return new Model(folder, config, network, checkpoint.elements(), List.copyOf(warnings), rules);
        }
    }

    /**
     * A model that Heed brings along, one of {@link #bundled()}: trained by the recipe of that name, as its run.json says.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public static Model bundled(String name) {
        return load(Bundled.folder(name));
    }

    /** Names of the models that Heed brings along. */
    public static List<String> bundled() {
        return Bundled.names();
    }

    /**
     * The same model with the numbers of each tensor in another, random order: the same shape and scale, and nothing that it
     * has learned. What a measurement gives for it is that measurement's baseline.
     */
    public Model shuffled(long seed) {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            Parameters all =
                    Parameters.learning(checkpoint, Architectures.of(config).base());
            Network other = Architectures.build(config, checkpoint, all);
            Random random = new Random(seed);
            all.known().values().forEach(value -> shuffle(value.tensor(), random));
            return new Model(folder, config, other, parameters, warnings, rules);
        }
    }

    private static void shuffle(Tensor tensor, Random random) {
        float[] numbers = tensor.array();
        for (int left = tensor.elements(); left > 1; left--) {
            int last = tensor.offset() + left - 1;
            int drawn = tensor.offset() + random.nextInt(left);
            float kept = numbers[last];
            numbers[last] = numbers[drawn];
            numbers[drawn] = kept;
        }
    }

    /** The architectures that can be loaded. */
    public static List<Architectures.Architecture> supported() {
        return Architectures.all();
    }

    // ---- facts
    // -------------------------------------------------------------------------------------------------------

    public Path folder() {
        return folder;
    }

    public Config config() {
        return config;
    }

    /** The network without its text. */
    public Network network() {
        return network;
    }

    public Network.Sizes sizes() {
        return network.sizes();
    }

    /** The number of weights. */
    public long parameters() {
        return parameters;
    }

    /** What is odd about the folder, one sentence each. */
    public List<String> warnings() {
        return warnings;
    }

    /** What is odd about giving the model this text, one sentence each. */
    public List<String> warnings(Tokens text) {
        int context = sizes().context();
        return text.size() <= context || text.size() > network.longest()
                ? List.of()
                : List.of("the text has " + text.size() + " tokens, more than the " + context
                        + " that the model was made for (max_position_embeddings)");
    }

    /** Ids that end a text. */
    public List<Integer> endIds() {
        return rules.ends();
    }

    /** How many texts the model's files want to be followed beside each other; one where they do not say. */
    public Generation.Beams beams() {
        return rules.beams();
    }

    /** How the model's files want tokens drawn, where they do; of 100 tokens. Nothing is drawn unless asked for. */
    public Optional<Generation.Options> drawing() {
        return rules.drawing();
    }

    /** How many tokens an encoder–decoder's files let it write, where they say. */
    public OptionalInt mostTokens() {
        return rules.mostNew();
    }

    /** What the files say about writing. */
    Rules rules() {
        return rules;
    }

    /** The folder's tokenizer, loaded when first asked for. */
    public synchronized Tokenizer tokenizer() {
        Tokenizer loaded = tokenizer;
        if (loaded == null) {
            loaded = Tokenizer.load(folder);
            tokenizer = loaded;
        }
        return loaded;
    }

    /** The tokenizer of what is written: that of what is read, but for a Marian with two vocabularies. */
    public synchronized Tokenizer writer() {
        Tokenizer loaded = writer;
        if (loaded == null) {
            loaded = Tokenizer.loadWritten(folder).orElseGet(this::tokenizer);
            writer = loaded;
        }
        return loaded;
    }

    /** Tokens for ids that come from elsewhere: labels, but no places in a text. */
    public Tokens tokens(int... ids) {
        return tokens(tokenizer(), ids);
    }

    /** As {@link #tokens}, for ids that are written. */
    public Tokens writtenTokens(int... ids) {
        return tokens(writer(), ids);
    }

    private static Tokens tokens(Tokenizer names, int... ids) {
        List<Token> all = new ArrayList<>(ids.length);
        for (int id : ids) {
            boolean special = names.isSpecial(id);
            all.add(new Token(id, names.piece(id), names.label(id), special, special ? -1 : 0, 0, 0, 0, 0, 0, -1));
        }
        return new Tokens(names.decode(ids), null, List.copyOf(all));
    }

    // ---- one pass
    // ----------------------------------------------------------------------------------------------------

    /** One pass over a text that keeps everything. */
    public Run run(String text) {
        return run(tokenizer().encode(text), Run.Options.everything());
    }

    /** One pass over a text and its pair: for an encoder–decoder the text that is written. */
    public Run run(String text, String pair) {
        if (network instanceof Network.EncoderDecoder) {
            return run(tokenizer().encode(text), toWrite(pair), Run.Options.everything());
        }
        return run(tokenizer().encode(text, pair), Run.Options.everything());
    }

    /** One pass over tokens. An encoder–decoder writes its own text, greedily, and is run with it. */
    public Run run(Tokens tokens, Run.Options keep) {
        return runAll(List.of(tokens), keep).getFirst();
    }

    /** One pass of an encoder–decoder: the tokens that are read, and those that the decoder is given. */
    public Run run(Tokens tokens, Tokens written, Run.Options keep) {
        if (!(network instanceof Network.EncoderDecoder pair)) {
            throw new IllegalArgumentException(
                    "run: " + sizes().modelType() + " has no decoder beside its encoder; give one text");
        }
        return runPairs(pair, List.of(tokens), List.of(written), keep, List.of())
                .getFirst();
    }

    /** One pass over several texts together; each result has the bits that it would have alone. */
    public List<Run> runAll(List<Tokens> texts, Run.Options keep) {
        return runAll(texts, keep, List.of());
    }

    /**
     * One pass over several texts together, from each of which something is left out.
     *
     * @param changes what is done to each text, or nothing at all
     * @throws IllegalArgumentException if a layer, head, query or key to be changed is not there
     */
    public List<Run> runAll(List<Tokens> texts, Run.Options keep, List<List<Intervention>> changes) {
        texts.forEach(this::check);
        if (!(network instanceof Network.EncoderDecoder)) {
            new Changes(network, texts, texts).check(changes);
        }
        return switch (network) {
            case Network.Decoder decoder -> runDecoder(decoder, texts, keep, changes);
            case Network.Encoder encoder -> runEncoder(encoder, texts, keep, changes);
            case Network.EncoderDecoder pair -> runPairs(pair, texts, ownWords(texts), keep, changes);
            case Network.Viewer viewer ->
                throw new IllegalArgumentException(
                        "run: " + sizes().modelType() + " looks at pictures; give a Picture, not a text");
        };
    }

    /**
     * One pass of an encoder–decoder over several texts, as {@link #runAll(List, Run.Options, List)}.
     *
     * @param written what the decoder is given, one of {@link #toWrite} per text
     */
    public List<Run> runAll(
            List<Tokens> texts, List<Tokens> written, Run.Options keep, List<List<Intervention>> changes) {
        if (!(network instanceof Network.EncoderDecoder pair) || texts.size() != written.size()) {
            throw new IllegalArgumentException("run: an encoder–decoder and as many texts to write as to read are"
                    + " needed, got " + sizes().modelType() + ", " + texts.size() + " to read and " + written.size()
                    + " to write");
        }
        return runPairs(pair, texts, written, keep, changes);
    }

    /** One look at a picture that keeps everything; its tokens are patches, labelled by row and column. */
    public Run run(Picture picture) {
        return runPictures(List.of(picture), Run.Options.everything()).getFirst();
    }

    /** One look at several pictures; each result has the bits that it would have alone. */
    public List<Run> runPictures(List<Picture> pictures, Run.Options keep) {
        if (!(network instanceof Network.Viewer viewer)) {
            throw new IllegalArgumentException(
                    "run: " + sizes().modelType() + " reads texts; give a text, not a picture");
        }
        Network.Cut cut = viewer.cut();
        Recorder recorder = new Recorder(pictures.size(), keep.attention(), keep.hidden());
        int[] lengths = new int[pictures.size()];
        Arrays.fill(lengths, cut.tokens());
        Pass pass = Pass.of(lengths).heardBy(recorder);
        PictureReader reader = PictureReader.read(folder, cut);
        Value hidden = viewer.hidden(pass, reader.patches(pictures));
        Optional<Value> classes = viewer.classes(pass, hidden);
        List<Tokens> tokens = pictures.stream().map(reader::tokens).toList();
        return runs(pass, recorder, tokens, List.of(), new Scores(Optional.empty(), classes, Optional.empty()));
    }

    private List<Run> runDecoder(
            Network.Decoder decoder, List<Tokens> texts, Run.Options keep, List<List<Intervention>> changes) {
        Recorder recorder = new Recorder(texts.size(), keep.attention(), keep.hidden());
        Pass pass = pass(texts).heardBy(recorder).changedBy(changes);
        Value hidden = decoder.hidden(pass, ids(texts));
        Optional<Value> classes = decoder.classes(pass, ids(texts), hidden);
        Optional<Value> tokenClasses = decoder.tokenClasses(pass, hidden);
        boolean predicts = keep.logits() && decoder.predicts() && classes.isEmpty() && tokenClasses.isEmpty();
        Optional<Value> logits = predicts ? Optional.of(decoder.logits(pass, hidden)) : Optional.empty();
        return runs(pass, recorder, texts, List.of(), new Scores(logits, classes, tokenClasses));
    }

    private List<Run> runEncoder(
            Network.Encoder encoder, List<Tokens> texts, Run.Options keep, List<List<Intervention>> changes) {
        Recorder recorder = new Recorder(texts.size(), keep.attention(), keep.hidden());
        Pass pass = pass(texts).heardBy(recorder).changedBy(changes);
        int[] types = texts.stream()
                .flatMapToInt(text -> Arrays.stream(text.typeIds()))
                .toArray();
        Value hidden = encoder.hidden(pass, ids(texts), types);
        Optional<Value> logits = keep.logits() ? encoder.logits(pass, hidden) : Optional.empty();
        Scores scores = new Scores(logits, encoder.classes(pass, hidden), encoder.tokenClasses(pass, hidden));
        return runs(pass, recorder, texts, List.of(), scores);
    }

    private List<Run> runPairs(
            Network.EncoderDecoder pair,
            List<Tokens> texts,
            List<Tokens> written,
            Run.Options keep,
            List<List<Intervention>> changes) {
        texts.forEach(this::check);
        written.forEach(this::check);
        new Changes(network, texts, written).check(changes);
        Recorder recorder = new Recorder(texts.size(), keep.attention(), keep.hidden());
        Memory memory = pair.encode(pass(texts).heardBy(recorder).changedBy(changes), ids(texts));
        Pass pass = pass(written).heardBy(recorder).changedBy(changes);
        Value hidden = pair.decode(pass, ids(written), memory);
        Optional<Value> logits = keep.logits() ? Optional.of(pair.logits(pass, hidden)) : Optional.empty();
        boolean reads = readsWhatItWrites(texts, written);
        Optional<Value> classes = // at the end token
                reads ? pair.classes(pass, pass.lastRows(hidden)) : Optional.empty();
        Optional<Value> tokenClasses = reads ? pair.tokenClasses(pass, hidden) : Optional.empty();
        return runs(pass, recorder, texts, written, new Scores(logits, classes, tokenClasses));
    }

    /**
     * What the heads of a network gave for all texts of a pass.
     *
     * @param logits [rows, vocabulary]
     * @param classes [texts, classes]
     * @param tokenClasses [rows, classes]
     */
    private record Scores(Optional<Value> logits, Optional<Value> classes, Optional<Value> tokenClasses) {}

    /** @param written what a decoder beside an encoder was given, one per text; empty of one stack */
    private static List<Run> runs(
            Pass pass, Recorder recorder, List<Tokens> texts, List<Tokens> written, Scores scores) {
        List<Run> runs = new ArrayList<>();
        for (int s = 0; s < texts.size(); s++) {
            int sequence = s;
            Recording recording = recorder.recording(s);
            if (!written.isEmpty()) {
                recording.labelMemory(texts.get(s).labels());
            }
            recording.label((written.isEmpty() ? texts : written).get(s).labels());
            runs.add(new Run(
                    texts.get(s),
                    written.isEmpty() ? null : written.get(s),
                    recorder.hidden(Kind.SELF, s),
                    recorder.hidden(Kind.ENCODER, s),
                    rowsOf(pass, scores.logits(), s),
                    scores.classes().map(all -> all.tensor().select(0, sequence)),
                    rowsOf(pass, scores.tokenClasses(), s),
                    recording));
        }
        return List.copyOf(runs);
    }

    private static Optional<Tensor> rowsOf(Pass pass, Optional<Value> all, int sequence) {
        int from = pass.firstRow(sequence);
        return all.map(rows -> rows.tensor().slice(0, from, from + pass.length(sequence)));
    }

    /** Whether a text is given to the decoder a second time, as one that classifies it wants. */
    private boolean readsWhatItWrites(List<Tokens> texts, List<Tokens> written) {
        for (int s = 0; s < texts.size(); s++) {
            if (!Arrays.equals(shifted(texts.get(s)), written.get(s).ids())) {
                return false;
            }
        }
        return !texts.isEmpty();
    }

    /** The first id of config.json, whatever writing begins with, then all but the last of these. */
    private int[] shifted(Tokens tokens) {
        int[] ids = tokens.ids();
        int[] shifted = new int[ids.length];
        shifted[0] = network instanceof Network.EncoderDecoder pair ? pair.firstId() : rules.first();
        System.arraycopy(ids, 0, shifted, 1, ids.length - 1);
        return shifted;
    }

    /** What the decoder beside an encoder is given so that it writes a text: its first id, then the text without its end. */
    public Tokens toWrite(String text) {
        int[] ids = writer().encode(text).ids();
        int count = ids.length > 0 && rules.ends().contains(ids[ids.length - 1]) ? ids.length - 1 : ids.length;
        int[] shifted = new int[count + 1];
        shifted[0] = rules.first();
        System.arraycopy(ids, 0, shifted, 1, count);
        return writtenTokens(shifted);
    }

    private List<Tokens> ownWords(List<Tokens> texts) {
        int room = Math.max(0, Math.min(OWN_WORDS, sizes().context() - 1));
        List<Generation> own = generateAll(texts, Generation.Options.greedy(room));
        return own.stream()
                .map(each -> {
                    boolean ended = each.end() == Generation.End.END_TOKEN;
                    int[] ids = each.allIds();
                    return writtenTokens(ended ? Arrays.copyOf(ids, ids.length - 1) : ids);
                })
                .toList();
    }

    void check(Tokens text) {
        if (text.size() == 0) {
            throw new IllegalArgumentException("run: a text must have at least one token");
        }
        text.requireAtMost(network.longest());
    }

    private static Pass pass(List<Tokens> texts) {
        return Pass.of(texts.stream().mapToInt(Tokens::size).toArray());
    }

    private static int[] ids(List<Tokens> texts) {
        return texts.stream().flatMapToInt(text -> Arrays.stream(text.ids())).toArray();
    }

    // ---- what is read off a pass
    // --------------------------------------------------------------------------------------

    /**
     * The likeliest words for each mask of a text.
     *
     * @param text with the vocabulary's mask, such as {@code [MASK]} or {@code <mask>}
     * @param k at most so many words each
     */
    public List<FilledMask> fill(String text, int k) {
        return Predictions.fill(this, text, k);
    }

    /** A vector for a text, [E]: of its last hidden states, the encoder's where there are two stacks. */
    public Tensor embed(String text, Pooling pooling) {
        return embedAll(List.of(text), pooling).getFirst();
    }

    /** A vector for each text, [E]; each has the bits that it would have alone. */
    public List<Tensor> embedAll(List<String> texts, Pooling pooling) {
        return Predictions.embed(this, texts.stream().map(tokenizer()::encode).toList(), pooling);
    }

    /** The classes of a text, likeliest first. */
    public List<ClassScore> classify(String text) {
        return Predictions.classify(this, runToClassify(tokenizer().encode(text), Run.Options.classesOnly()));
    }

    /** The classes of a text and its pair, such as a premise and what may follow from it. */
    public List<ClassScore> classify(String text, String pair) {
        return Predictions.classify(this, runToClassify(tokenizer().encode(text, pair), Run.Options.classesOnly()));
    }

    /** One pass over tokens; an encoder–decoder is given them a second time, as one that classifies is. */
    Run runToClassify(Tokens tokens, Run.Options keep) {
        return network instanceof Network.EncoderDecoder
                ? run(tokens, writtenTokens(shifted(tokens)), keep)
                : run(tokens, keep);
    }

    /** True if {@code architectures} in config.json names a model whose head classifies each token. */
    public boolean classifiesTokens() {
        return Head.TOKENS.isOfOne(config.strings("architectures"));
    }

    /** The likeliest class of each token of a text, where the checkpoint classifies tokens. */
    public List<TokenClass> classifyTokens(String text) {
        return Predictions.classifyTokens(this, run(tokenizer().encode(text), Run.Options.classesOnly()));
    }

    /** The likeliest answers to a question within a text, where the checkpoint finds where answers begin and end. */
    public List<Answer> answer(String question, String text, int k) {
        return Predictions.answer(this, question, text, k);
    }

    /** The classes of a picture, likeliest first. */
    public List<ClassScore> classify(Picture picture) {
        return Predictions.classify(
                this, runPictures(List.of(picture), Run.Options.classesOnly()).getFirst());
    }

    // ---- writing
    // -----------------------------------------------------------------------------------------------------

    /** Continues a prompt; an encoder–decoder answers it. */
    public Generation generate(String prompt, Generation.Options options) {
        return generate(prompt, options, text -> {});
    }

    /**
     * As {@link #generate(String, Generation.Options)}; text is given to {@code out} as soon as it is certain: with several
     * beams at the end.
     */
    public Generation generate(String prompt, Generation.Options options, Consumer<String> out) {
        return generateAll(List.of(tokenizer().encode(prompt)), options, out).getFirst();
    }

    /** Continues several prompts together; each gives what it gives alone, but that each draws random numbers of its own. */
    public List<Generation> generateAll(List<Tokens> prompts, Generation.Options options) {
        return generateAll(prompts, options, text -> {});
    }

    private List<Generation> generateAll(List<Tokens> prompts, Generation.Options options, Consumer<String> out) {
        return options.beams().count() > 1
                ? new BeamSearch(this, options, prompts, out).run()
                : new Generator(this, options, prompts, out).run();
    }

    @Override
    public synchronized void close() {
        if (writer != null) {
            writer.close();
        }
        if (tokenizer != null) {
            tokenizer.close();
        }
    }
}
