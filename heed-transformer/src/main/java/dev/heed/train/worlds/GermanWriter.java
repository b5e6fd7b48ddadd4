package dev.heed.train.worlds;

import dev.heed.train.worlds.Derivation.Because;
import dev.heed.train.worlds.Derivation.Copula;
import dev.heed.train.worlds.Derivation.Statement;
import dev.heed.train.worlds.Draft.Mark;
import dev.heed.train.worlds.Template.Hole;
import dev.heed.train.worlds.Template.Part;
import dev.heed.train.worlds.Template.Word;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes a derivation in German. The finite verb stands second; after a fronted phrase or because-clause the subject
 * follows it; in a dass-clause, as in every because-clause, it stands last and takes its separable prefix with it.
 */
final class GermanWriter {
    /** How the because-clause speaks of the referent. */
    enum Style {
        /** "…, weil das Tier zu müde war." */
        NAMED,
        /** "…, weil es zu müde war." */
        PRONOUN
    }

    private enum Order {
        SUBJECT_FIRST,
        VERB_FIRST,
        VERB_LAST
    }

    private static final Map<String, String> CONTRACTIONS =
            Map.of("in dem", "im", "in das", "ins", "an dem", "am", "von dem", "vom", "bei dem", "beim");

    private final Draft draft = new Draft();
    private final Tense tense;
    private final Style style;

    private GermanWriter(Tense tense, Style style) {
        this.tense = tense;
        this.style = style;
    }

    static Text write(Derivation derivation, Style style) {
        return switch (derivation) {
            case Because because -> new GermanWriter(because.manner().tense(), style).because(because);
            case Copula copula -> new GermanWriter(copula.manner().tense(), style).copula(copula);
        };
    }

    private Text because(Because sentence) {
        Order order = opening(sentence.extra());
        if (sentence.reasonFirst()) {
            reason(sentence);
            draft.comma();
            order = Order.VERB_FIRST;
        }
        main(sentence, order);
        if (!sentence.reasonFirst()) {
            draft.comma();
            reason(sentence);
        }
        closing(sentence.extra());
        return draft.finish(sentence.reason().referent() == Role.A ? Mark.A : Mark.B);
    }

    private Text copula(Copula sentence) {
        Order order = opening(sentence.extra());
        statement(sentence.first(), Mark.A, order);
        if (sentence.second() != null) {
            draft.words("und");
            statement(sentence.second(), Mark.B, Order.SUBJECT_FIRST);
        }
        closing(sentence.extra());
        return draft.finish(Mark.A);
    }

    /** Writes what stands before the sentence proper and says which word order that asks for. */
    private Order opening(Extra extra) {
        if (extra.fronted()) {
            phrase(extra);
            return Order.VERB_FIRST;
        }
        return switch (extra) {
            case Extra.But but -> {
                about(but.person(), but.statement(), tense);
                draft.comma().words("aber");
                yield Order.SUBJECT_FIRST;
            }
            case Extra.Report report -> {
                about(report.person(), report.statement(), tense);
                draft.comma().words("dass");
                yield Order.VERB_LAST;
            }
            default -> Order.SUBJECT_FIRST;
        };
    }

    private void closing(Extra extra) {
        if (extra instanceof Extra.And and) {
            draft.comma().words("und");
            about(and.person(), and.statement(), tense);
        }
    }

    private void main(Because sentence, Order order) {
        Template template = sentence.event().frame().german();
        Word finite = template.finite();
        if (order == Order.VERB_FIRST) {
            draft.words(finite.in(tense));
        }
        nounPhrase(sentence, template.subject());
        relative(sentence);
        if (order == Order.SUBJECT_FIRST) {
            draft.words(finite.in(tense));
        }
        if (!sentence.extra().fronted()) {
            phrase(sentence.extra());
        }
        middle(sentence, template.middle());
        draft.words(order == Order.VERB_LAST ? finite.prefix() + finite.in(tense) : finite.prefix());
    }

    private void middle(Because sentence, List<Part> parts) {
        for (Part part : parts) {
            switch (part) {
                case Word word -> draft.words(word.in(tense));
                case Hole hole -> nounPhrase(sentence, hole);
            }
        }
    }

    /** "das Tier, das der Bauer sah,": the relative pronoun is the accusative article. */
    private void relative(Because sentence) {
        if (sentence.extra() instanceof Extra.Relative relative) {
            Noun subject = subject(sentence);
            draft.comma().words(subject.gender().article(Case.ACCUSATIVE));
            about(relative.person(), relative.statement(), Tense.PAST);
            draft.comma();
        }
    }

    private static Noun subject(Because sentence) {
        return sentence.event()
                .candidate(sentence.event().frame().german().subject().role())
                .noun();
    }

    private void phrase(Extra extra) {
        switch (extra) {
            case Extra.Time time -> draft.words(time.phrase().german());
            case Extra.Place place -> {
                determiner(place.preposition().german(), Case.DATIVE, place.noun(), place.adjective());
                draft.distractor(place.noun().german(Case.DATIVE));
            }
            default -> {}
        }
    }

    private void reason(Because sentence) {
        draft.words(sentence.reason().conjunction().german);
        Noun referent = sentence.referent();
        switch (style) {
            case NAMED ->
                draft.words(referent.gender().article(Case.NOMINATIVE)).marked(Mark.ANAPHOR, referent.german());
            case PRONOUN -> draft.marked(Mark.ANAPHOR, referent.gender().pronoun());
        }
        draft.words(sentence.reason().degree().german)
                .marked(Mark.PROPERTY, sentence.property().german())
                .words(is());
    }

    private void statement(Statement statement, Mark mark, Order order) {
        Noun noun = statement.noun();
        draft.words(noun.gender().article(Case.NOMINATIVE)).marked(mark, noun.german());
        draft.words(order == Order.VERB_LAST ? "" : is());
        draft.words(statement.negated() ? "nicht" : "").words(statement.degree().german);
        property(statement, mark);
        draft.words(order == Order.VERB_LAST ? is() : "");
    }

    private void property(Statement statement, Mark mark) {
        String property = statement.property().german();
        if (mark == Mark.A) {
            draft.marked(Mark.PROPERTY, property);
        } else {
            draft.words(property);
        }
    }

    private String is() {
        return tense == Tense.PAST ? "war" : "ist";
    }

    private void nounPhrase(Because sentence, Hole hole) {
        if (hole.role() == Role.PERSON) {
            Noun person = Objects.requireNonNull(sentence.event().person());
            determiner(hole.preposition(), hole.wanted(), person, null);
            draft.distractor(person.german(hole.wanted()));
        } else {
            var candidate = sentence.event().candidate(hole.role());
            determiner(hole.preposition(), hole.wanted(), candidate.noun(), candidate.colour());
            draft.marked(
                    hole.role() == Role.A ? Mark.A : Mark.B, candidate.noun().german(hole.wanted()));
        }
    }

    private void about(Noun person, Extra.Statement statement, Tense when) {
        draft.words(person.gender().article(Case.NOMINATIVE)).distractor(person.german());
        for (Part part : statement.german().rest()) {
            draft.words(((Word) part).in(when));
        }
    }

    /** Everything before the noun: "den", "in den", "ins", "beim alten". */
    private void determiner(@Nullable String preposition, Case wanted, Noun noun, @Nullable Adjective adjective) {
        String article = noun.gender().article(wanted);
        String both = preposition == null ? article : preposition + " " + article;
        draft.words(CONTRACTIONS.getOrDefault(both, both));
        draft.words(adjective == null ? "" : adjective.german() + noun.gender().weakEnding(wanted));
    }
}
