package dev.heed.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/** The vector species of this CPU; touched only by code that {@link Kernels} chose. */
final class Lanes {
    static final VectorSpecies<Float> FLOAT = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> INT = IntVector.SPECIES_PREFERRED;
    static final int COUNT = FLOAT.length();

    private Lanes() {}
}
