package dev.heed.train;

/** Hears how a run goes, and says nothing. */
final class Silent implements Progress {
    @Override
    public void stepped(Trainer.Step step, double millis) {}

    @Override
    public void evaluated(Evaluation evaluation) {}
}
