package dev.heed.app.verify;

/** Inputs and answers from elsewhere. */
public interface ConformanceCase {
    /** The case's name, relative to the folder that was asked for. */
    String name();

    /**
     * Runs it and compares.
     *
     * @throws IllegalArgumentException if the case itself cannot be read, or asks for what the engine does not have
     */
    Result run();
}
