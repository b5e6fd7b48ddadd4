package dev.heed.train.worlds;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Everything that was chosen for one sentence; the English and both German texts are written from it. */
sealed interface Derivation permits Derivation.Because, Derivation.Copula {
    World world();

    /** The name of the frame. */
    String frameName();

    /** Nouns, referent first where there is a choice. */
    Noun referent();

    @Nullable Noun other();

    Adjective property();

    /** The combinations that matter: a held-out sentence has at least one that is held out. */
    Set<String> coreKeys();

    /** All combinations, those with nouns beside the point included: a training sentence has none that is held out. */
    Set<String> allKeys();

    /** How it is told, in either language the same tense; contracted (didn't) or in full (did not) only shows in English. */
    record Manner(Tense tense, boolean contracted) {}

    Manner manner();

    /** What happened: a frame of a scene with nouns in its roles. */
    record Event(
            Scene scene,
            Frame frame,
            Candidate a,
            Candidate b,
            @Nullable Noun person) {
        Candidate candidate(Role role) {
            return role == Role.A ? a : b;
        }
    }

    /** An event and the reason for it. */
    record Because(Event event, Reason reason, Manner manner, boolean reasonFirst, Extra extra) implements Derivation {
        /** The same sentence with the other reason of the contrast. */
        Because twin() {
            return new Because(event, reason.flipped(), manner, reasonFirst, extra);
        }

        @Override
        public World world() {
            return event.scene().world();
        }

        @Override
        public String frameName() {
            return event.frame().name();
        }

        @Override
        public Noun referent() {
            return event.candidate(reason.referent()).noun();
        }

        @Override
        public Noun other() {
            return event.candidate(reason.referent().other()).noun();
        }

        @Override
        public Adjective property() {
            return reason.property();
        }

        @Override
        public Set<String> coreKeys() {
            Noun a = event.a().noun();
            Noun b = event.b().noun();
            return new LinkedHashSet<>(List.of(
                    Holdout.pair(a, b),
                    Holdout.inFrame(a, frameName(), Role.A),
                    Holdout.inFrame(b, frameName(), Role.B)));
        }

        @Override
        public Set<String> allKeys() {
            var keys = new LinkedHashSet<>(coreKeys());
            keys.addAll(Holdout.pairs(Stream.of(referent(), other(), event.person(), extra.noun())));
            return keys;
        }
    }

    /** A candidate for "it", perhaps with a colour. */
    record Candidate(Noun noun, @Nullable Adjective colour) {}

    /** The because-clause: which role it speaks of, and how. */
    record Reason(Contrast contrast, Role referent, Degree degree, Conjunction conjunction) {
        Adjective property() {
            return contrast.of(referent);
        }

        Reason flipped() {
            return new Reason(contrast, referent.other(), degree, conjunction);
        }
    }

    /** The word that opens the because-clause. */
    enum Conjunction {
        BECAUSE("because", "weil"),
        SINCE("since", "da");

        final String english;
        final String german;

        Conjunction(String english, String german) {
            this.english = english;
            this.german = german;
        }
    }

    /** "The dog is black.", with at most one more statement or phrase. */
    record Copula(Statement first, @Nullable Statement second, Manner manner, Extra extra) implements Derivation {
        @Override
        public World world() {
            return World.COPULA;
        }

        @Override
        public String frameName() {
            return second == null ? "is" : "is-and-is";
        }

        @Override
        public Noun referent() {
            return first.noun();
        }

        @Override
        public @Nullable Noun other() {
            return second == null ? null : second.noun();
        }

        @Override
        public Adjective property() {
            return first.property();
        }

        @Override
        public Set<String> coreKeys() {
            var keys = new LinkedHashSet<String>();
            for (Statement each : second == null ? List.of(first) : List.of(first, second)) {
                keys.add(Holdout.said(each.noun(), each.property()));
            }
            keys.addAll(Holdout.pairs(Stream.of(first.noun(), other())));
            return keys;
        }

        @Override
        public Set<String> allKeys() {
            var keys = new LinkedHashSet<>(coreKeys());
            keys.addAll(Holdout.pairs(Stream.of(first.noun(), other(), extra.noun())));
            return keys;
        }
    }

    /** A noun and what is, or is not, said of it. */
    record Statement(Noun noun, boolean negated, Degree degree, Adjective property) {}
}
