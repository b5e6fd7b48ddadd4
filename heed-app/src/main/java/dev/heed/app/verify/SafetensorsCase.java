package dev.heed.app.verify;

import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.text.Json;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * One file that is a legal or a malformed safetensors file, and the wanted verdict: a text of EXPECT.json that begins with
 * accept, reject, spec: (a rule that is broken) or decide (either, but in one clear sentence).
 */
record SafetensorsCase(String name, Path path, String want) implements ConformanceCase {
    static final String VERDICTS = "EXPECT.json";
    private static final long LARGEST_VERDICTS = 1 << 24;

    /** Every file that the folder's EXPECT.json gives a verdict for. */
    static List<ConformanceCase> all(String prefix, Path folder) {
        JsonNode verdicts =
                Json.read(folder.resolve(VERDICTS), LARGEST_VERDICTS).path("cases");
        if (verdicts.isEmpty()) {
            throw new IllegalArgumentException(folder.resolve(VERDICTS) + ": must give a verdict under \"cases\"");
        }
        List<ConformanceCase> cases = new ArrayList<>();
        for (Map.Entry<String, JsonNode> verdict : verdicts.properties()) {
            Path file = folder.resolve(verdict.getKey() + ".safetensors");
            String want = verdict.getValue().path("want").asString("");
            cases.add(new SafetensorsCase(prefix + verdict.getKey(), file, want));
        }
        return cases;
    }

    @Override
    public Result run() {
        if (!Files.exists(path)) {
            throw new IllegalArgumentException(path + ": no such file, though " + VERDICTS + " speaks of it");
        }
        return Result.of(name, verdict());
    }

    private Check verdict() {
        if (!want.matches("(?s)(accept|reject|spec|decide).*")) {
            throw new IllegalArgumentException(
                    VERDICTS + ": want must begin with accept, reject, spec or decide, got '" + want + "'");
        }
        boolean either = want.startsWith("decide") || want.startsWith("accept or reject");
        boolean accept = want.startsWith("accept");
        try {
            readAll();
            return Check.verdict("accepted", accept || either, want);
        } catch (IllegalArgumentException | UncheckedIOException refusal) {
            boolean oneLine =
                    refusal.getMessage() != null && refusal.getMessage().lines().count() == 1;
            return Check.verdict("rejected", oneLine && (!accept || either), want);
        }
    }

    /** Opens the file and reads every tensor whose element type can be read; others must be refused by name. */
    private void readAll() {
        try (Checkpoint file = Checkpoint.open(path)) {
            for (String tensor : file.names()) {
                switch (file.info(tensor).dtype()) {
                    case F64, F32, F16, BF16, U8, I8, BOOL, I16, U16 -> file.tensor(tensor);
                    case I64, I32, U32 -> file.longs(tensor);
                    default -> mustBeRefused(file, tensor);
                }
            }
        }
    }

    private static void mustBeRefused(Checkpoint file, String tensor) {
        try {
            file.tensor(tensor);
        } catch (IllegalArgumentException expected) {
            return;
        }
        throw new IllegalStateException("a tensor of an element type that cannot be read was read: " + tensor);
    }
}
