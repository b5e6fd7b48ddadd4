package dev.heed.train.worlds;

import dev.heed.train.worlds.Derivation.Because;
import dev.heed.train.worlds.Derivation.Copula;
import dev.heed.train.worlds.Derivation.Reason;
import dev.heed.train.worlds.Derivation.Statement;
import dev.heed.train.worlds.Draft.Mark;
import dev.heed.train.worlds.Template.Hole;
import dev.heed.train.worlds.Template.Part;
import dev.heed.train.worlds.Template.Word;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes a derivation in English. */
final class EnglishWriter {
    private static final Map<String, String> IN_FULL = Map.of(
            "didn't", "did not",
            "doesn't", "does not",
            "couldn't", "could not",
            "can't", "cannot",
            "wouldn't", "would not",
            "won't", "will not",
            "wasn't", "was not",
            "isn't", "is not");

    private final Draft draft = new Draft();
    private final Tense tense;
    private final boolean contracted;

    private EnglishWriter(Derivation.Manner manner) {
        this.tense = manner.tense();
        this.contracted = manner.contracted();
    }

    static Text write(Derivation derivation) {
        return switch (derivation) {
            case Because because -> new EnglishWriter(because.manner()).because(because);
            case Copula copula -> new EnglishWriter(copula.manner()).copula(copula);
        };
    }

    private Text because(Because sentence) {
        opening(sentence.extra());
        if (sentence.reasonFirst()) {
            reason(sentence.reason());
            draft.comma();
        }
        main(sentence);
        if (!sentence.reasonFirst()) {
            reason(sentence.reason());
        }
        closing(sentence.extra());
        return draft.finish(sentence.reason().referent() == Role.A ? Mark.A : Mark.B);
    }

    private Text copula(Copula sentence) {
        opening(sentence.extra());
        statement(sentence.first(), Mark.A);
        if (sentence.second() != null) {
            draft.words("and");
            statement(sentence.second(), Mark.B);
        }
        closing(sentence.extra());
        return draft.finish(Mark.A);
    }

    private void opening(Extra extra) {
        if (extra.fronted()) {
            phrase(extra);
            draft.comma();
        }
        switch (extra) {
            case Extra.But but -> {
                about(but.person(), but.statement(), tense);
                draft.comma().words("but");
            }
            case Extra.Report report -> {
                about(report.person(), report.statement(), tense);
                draft.words("that");
            }
            default -> {}
        }
    }

    private void closing(Extra extra) {
        if (extra instanceof Extra.And and) {
            draft.comma().words("and");
            about(and.person(), and.statement(), tense);
        }
    }

    private void main(Because sentence) {
        Template template = sentence.event().frame().english();
        nounPhrase(sentence, template.subject());
        if (sentence.extra() instanceof Extra.Relative relative) {
            draft.words("that");
            about(relative.person(), relative.statement(), Tense.PAST);
        }
        for (Part part : template.rest()) {
            switch (part) {
                case Word word -> verb(word.in(tense));
                case Hole hole -> nounPhrase(sentence, hole);
            }
        }
        if (!sentence.extra().fronted()) {
            phrase(sentence.extra());
        }
    }

    private void reason(Reason reason) {
        draft.words(reason.conjunction().english)
                .marked(Mark.ANAPHOR, "it")
                .words(is())
                .words(reason.degree().english)
                .marked(Mark.PROPERTY, reason.property().english());
    }

    private void statement(Statement statement, Mark noun) {
        draft.words("the").marked(noun, statement.noun().english());
        verb(statement.negated() ? is() + "n't" : is());
        draft.words(statement.degree().english);
        if (noun == Mark.A) {
            draft.marked(Mark.PROPERTY, statement.property().english());
        } else {
            draft.words(statement.property().english());
        }
    }

    private void verb(String word) {
        draft.words(contracted ? word : IN_FULL.getOrDefault(word, word));
    }

    private String is() {
        return tense == Tense.PAST ? "was" : "is";
    }

    private void nounPhrase(Because sentence, Hole hole) {
        draft.words("the");
        if (hole.role() == Role.PERSON) {
            draft.distractor(Objects.requireNonNull(sentence.event().person()).english());
        } else {
            var candidate = sentence.event().candidate(hole.role());
            adjective(candidate.colour());
            draft.marked(
                    hole.role() == Role.A ? Mark.A : Mark.B, candidate.noun().english());
        }
    }

    private void about(Noun person, Extra.Statement statement, Tense when) {
        draft.words("the").distractor(person.english());
        for (Part part : statement.english().rest()) {
            draft.words(((Word) part).in(when));
        }
    }

    private void phrase(Extra extra) {
        switch (extra) {
            case Extra.Time time -> draft.words(time.phrase().english());
            case Extra.Place place -> {
                draft.words(place.preposition().english()).words("the");
                adjective(place.adjective());
                draft.distractor(place.noun().english());
            }
            default -> {}
        }
    }

    private void adjective(@Nullable Adjective adjective) {
        draft.words(adjective == null ? "" : adjective.english());
    }
}
