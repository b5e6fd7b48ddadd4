package dev.heed.bench.rival;

import dev.heed.kernel.Kernels;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import dev.heed.train.Trainer;
import java.util.List;

/** Heed itself: what {@code heed train} does for a step. */
final class HeedTrainer implements TrainRival {
    @Override
    public String name() {
        return "heed";
    }

    @Override
    public String version() {
        return "Heed, kernel " + Kernels.name();
    }

    @Override
    public Contestant prepare(TrainCase question, int threads) {
        Trainer trainer = trainer(question);
        return new Contestant() {
            @Override
            public void run() {
                Workers.with(threads, trainer::step);
            }

            @Override
            public List<Tensor> outputs() {
                return List.of(Workers.with(threads, () -> losses(question.certain())));
            }
        };
    }

    static Trainer trainer(TrainCase question) {
        return Trainer.fresh(question.recipe(), new RandomTokens(question));
    }

    private static Tensor losses(TrainCase question) {
        Trainer trainer = trainer(question);
        Tensor losses = Tensor.zeros(COMPARED);
        for (int i = 0; i < COMPARED; i++) {
            losses.array()[i] = (float) trainer.step().loss();
        }
        return losses;
    }
}
