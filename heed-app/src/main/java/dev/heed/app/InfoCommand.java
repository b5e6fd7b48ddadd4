package dev.heed.app;

import dev.heed.app.print.Numbers;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.model.Model;
import dev.heed.model.arch.Network;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code heed info}: what a model folder holds. */
@Command(name = "info", description = "Say what a model is and how large.")
final class InfoCommand extends HeedCommand {
    @Mixin
    private final FormatOption format = new FormatOption();

    @Mixin
    private final ModelOption model = new ModelOption();

    @Parameters(arity = "0..1", paramLabel = "NAME|DIR", description = "The same as --model.")
    private @Nullable String name;

    InfoCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        if (name != null && !model.isUsual()) {
            throw new IllegalArgumentException("info: give one model, NAME or --model NAME, not both");
        }
        try (Model loaded = name == null ? model.load("info", terminal) : ModelOption.named(name, terminal)) {
            Network.Sizes sizes = loaded.sizes();
            Table table = new Table().column("what").column("value");
            table.row("architecture", sizes.modelType());
            table.row("weights", loaded.parameters());
            table.row("layers", sizes.layers());
            if (sizes.decoderLayers() > 0) {
                table.row("decoder layers", sizes.decoderLayers());
            }
            table.row("heads per layer", sizes.heads());
            if (sizes.decoderLayers() > 0) {
                table.row("decoder heads per layer", sizes.decoderHeads());
            }
            table.row("key and value heads", sizes.keyHeads());
            table.row("width", sizes.width());
            table.row("width of a head", sizes.headWidth());
            inputs(table, loaded);
            table.row("memory of the weights", memory(4 * loaded.parameters()));
            if (loaded.network() instanceof Network.Decoder || loaded.network() instanceof Network.EncoderDecoder) {
                int layers = sizes.decoderLayers() > 0 ? sizes.decoderLayers() : sizes.layers();
                table.row("cache of a token", memory(8L * layers * sizes.keyHeads() * sizes.headWidth()));
            }
            table.print(terminal, format.value());
            checkTokenizer(loaded);
        }
        return 0;
    }

    private static void inputs(Table table, Model loaded) {
        if (loaded.network() instanceof Network.Viewer viewer) {
            Network.Cut cut = viewer.cut();
            table.row("picture", cut.width() + " × " + cut.height() + (cut.channels() == 1 ? ", grey" : ", colour"));
            table.row("patches", cut.tokens() - 1 + " of " + cut.patchWidth() + " × " + cut.patchHeight());
            return;
        }
        Network.Sizes sizes = loaded.sizes();
        if (!loaded.config().booleanOr("share_encoder_decoder_embeddings", true)) {
            table.row("vocabulary read", loaded.config().requireInt("vocab_size", 1, Integer.MAX_VALUE));
            table.row("vocabulary written", sizes.vocabulary());
        } else {
            table.row("vocabulary", sizes.vocabulary());
        }
        boolean bounded = sizes.context() < Integer.MAX_VALUE;
        table.row("context", bounded ? (Object) sizes.context() : "unbounded");
    }

    /** In float32, as weights and caches are kept. */
    private static String memory(long bytes) {
        return bytes < 1 << 20
                ? Numbers.fixed(bytes / 1024.0, 1) + " KiB"
                : Numbers.fixed(bytes / 1048576.0, 1) + " MiB";
    }

    private void checkTokenizer(Model loaded) {
        if (loaded.network() instanceof Network.Viewer) {
            return;
        }
        try {
            loaded.tokenizer(); // of what is read, which may be another
            int size = loaded.writer().size();
            if (size > loaded.sizes().vocabulary()) {
                terminal.warn("the tokenizer has " + size + " tokens, the model only "
                        + loaded.sizes().vocabulary());
            }
        } catch (IllegalArgumentException | UncheckedIOException e) {
            terminal.warn("texts cannot be read: " + Errors.describe(e));
        }
    }
}
