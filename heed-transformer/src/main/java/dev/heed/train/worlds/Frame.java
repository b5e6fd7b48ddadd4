package dev.heed.train.worlds;

/** A verb with its roles in both languages; the name identifies it in {@link Holdout} keys. */
record Frame(String name, Template english, Template german) {
    /** Reads one grammar line: name | English | German. */
    static Frame parse(String line) {
        String[] columns = line.split("\\|");
        return new Frame(columns[0].strip(), Template.parse(columns[1]), Template.parse(columns[2]));
    }

    /** True if a bare dative follows the German verb: gefiel der Kuh, gab dem Hund die Decke. */
    boolean germanObjectIsDative() {
        return german.middle().getFirst() instanceof Template.Hole hole
                && hole.preposition() == null
                && hole.wanted() == Case.DATIVE;
    }

    boolean hasPerson() {
        return english.uses(Role.PERSON);
    }
}
