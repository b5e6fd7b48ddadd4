package dev.heed.train;

import dev.heed.kernel.Kernels;
import dev.heed.kernel.Workers;
import dev.heed.text.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Where a trained file comes from: data, recipe, seed, and the machine and software that ran it. */
final class Provenance {
    private static final Path LINUX_CPU = Path.of("/proc/cpuinfo");

    private Provenance() {}

    /** run.json. */
    static String json(Trainer trainer, String dataName, String command) {
        Task task = trainer.task();
        Recipe recipe = trainer.recipe();
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("recipe", recipe.name()).put("steps", recipe.steps()).put("seed", recipe.seed());
        root.set("recipe_in_full", RecipeFile.tree(recipe));
        root.putObject("data")
                .put("file", dataName)
                .put("sha256", task.sha256())
                .put("sha256_of", task.hashed())
                .put("train_tokens", task.size(Task.Split.TRAIN))
                .put("validation_tokens", task.size(Task.Split.VALIDATION))
                .put("vocabulary", task.vocabulary());
        trainer.tuning().ifPresent(tuning -> tuning.write(root));
        root.put("parameters", trainer.parameters());
        root.put("jdk", System.getProperty("java.vendor") + " " + Runtime.version());
        root.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        root.put("cpu", cpu());
        root.put("kernels", Kernels.name()).put("threads", Workers.threads());
        root.put("command", command);
        return Json.write(root);
    }

    private static String cpu() {
        String architecture = System.getProperty("os.arch");
        try {
            Optional<String> model = Files.readAllLines(LINUX_CPU, StandardCharsets.ISO_8859_1).stream()
                    .filter(line -> line.startsWith("model name"))
                    .findFirst();
            return model.map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse(architecture);
        } catch (IOException notLinux) {
            return architecture;
        }
    }
}
