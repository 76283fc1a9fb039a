package dev.millrace.gpustage.model;

/** Gives each generation of a test blocks that lie as far from each other as they can. */
final class ScatteredPages {
    private final StepModel model;
    private final int generations;

    ScatteredPages(StepModel model, int generations) {
        this.model = model;
        this.generations = generations;
    }

    /** Begins an entry of the generation with that number, with all blocks it needs. */
    void beginEntry(StepBatch batch, int generation, int start, int count) {
        batch.beginEntry(start, count);
        for (int block = batch.firstBlock(); block <= batch.lastBlock(); block++) {
            batch.addBlock(model.blocks() - 1 - (block * generations + generation));
        }
    }
}
