package dev.heed.train.worlds;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Reads the German texts with a checker of its own: it knows the genders from a list typed in here, the cases from
 * prepositions and verbs, and nothing of how the sentences were written.
 */
class GermanTest {
    private static final Set<String> DER = words(
            "Hund Fuchs Bär Esel Wolf Platz Weg Hof Park Fluss Bach Kanal See Teich Lastwagen Bus Traktor Roller Pokal Ball Mantel Helm "
                    + "Schirm Koffer Korb Schrank Rucksack Eimer Kuchen Apfel Käse Schinken Stuhl Teppich Sessel Turm Laden Stall Bahnhof "
                    + "Sturm Wind Regen Schnee Hagel Frost Bauer Lehrer Arzt Mann Junge König Bäcker Onkel Vater "
                    + "Bären Bauern Jungen Morgen Nachmittag Abend Mittag Montag Sonntag Sommer Herbst Winter");

    private static final Set<String> DIE = words(
            "Katze Kuh Maus Ziege Ente Straße Landstraße Brücke Wiese Wüste Bucht Lagune Meerenge Kutsche Limousine Straßenbahn Lampe Geige "
                    + "Uhr Puppe Trommel Vase Kiste Tasche Schublade Truhe Wurst Pastete Pizza Birne Matte Decke Bank Matratze Schule Kirche "
                    + "Scheune Mühle Hütte Flut Hitze Lawine Frau Krankenschwester Königin Tante Großmutter Mutter Nacht");

    private static final Set<String> DAS = words(
            "Tier Pferd Schaf Schwein Kaninchen Feld Tal Gelände Meer Moor Auto Fahrrad Taxi Motorrad Buch Bild Hemd Fernrohr Spiel Etui Glas "
                    + "Fach Fass Paket Brot Ei Steak Croissant Sofa Bett Kissen Handtuch Haus Schloss Hotel Museum Gewitter Unwetter Eis "
                    + "Frühstück Abendessen");

    private static final Set<String> WEAK_NOMINATIVE = Set.of("Bär", "Bauer", "Junge");
    private static final Set<String> WEAK_OBLIQUE = Set.of("Bären", "Bauern", "Jungen");

    /** Determiners with the gender and case that they can have, m/f/n and n/a/d. */
    private static final Map<String, Set<String>> DETERMINERS = Map.of(
            "der", Set.of("mn", "fd"),
            "die", Set.of("fn", "fa"),
            "das", Set.of("nn", "na"),
            "den", Set.of("ma"),
            "dem", Set.of("md", "nd"),
            "im", Set.of("md", "nd"),
            "am", Set.of("md", "nd"),
            "vom", Set.of("md", "nd"),
            "beim", Set.of("md", "nd"),
            "ins", Set.of("na"));

    private static final Set<String> DATIVE_PREPOSITIONS = Set.of("von", "bei", "nach");
    private static final Set<String> ACCUSATIVE_PREPOSITIONS = Set.of("für");

    private static final Set<String> RELATIVE_PRONOUNS = Set.of("den", "die", "das");

    private static final List<Sentence> SENTENCES = Stream.concat(
                    Worlds.sentences(Split.TRAIN, 21).limit(30_000),
                    Worlds.sentences(Split.HELDOUT, 22).limit(10_000))
            .toList();

    private static final Set<String> FINITE = finiteVerbs();

    @Test
    void theListOfGendersCoversTheLexiconAndAgreesWithIt() {
        for (Noun noun : Lexicon.nouns()) {
            assertThat(gender(noun.german()))
                    .as(noun.german())
                    .isEqualTo(
                            switch (noun.gender()) {
                                case MASCULINE -> "m";
                                case FEMININE -> "f";
                                case NEUTER -> "n";
                            });
        }
    }

    @Test
    void everyArticleAgreesWithItsNounInGenderAndHasAPossibleCase() {
        for (Text text : texts()) {
            List<String> tokens = text.tokens();
            for (int i = 0; i < tokens.size(); i++) {
                boolean room = tokens.get(i).equals("Platz") && !DETERMINERS.containsKey(lower(tokens, i - 1));
                if (isNoun(tokens.get(i)) && !room) {
                    checkNounPhrase(text, tokens, i);
                }
            }
        }
    }

    /** From the noun back over an adjective to the article, and before it perhaps a preposition. */
    private static void checkNounPhrase(Text text, List<String> tokens, int noun) {
        int article = DETERMINERS.containsKey(lower(tokens, noun - 1)) ? noun - 1 : noun - 2;
        String determiner = lower(tokens, article);
        assertThat(DETERMINERS)
                .as("%s: before '%s'", text.text(), tokens.get(noun))
                .containsKey(determiner);
        String gender = gender(tokens.get(noun));
        Set<Character> cases = DETERMINERS.getOrDefault(determiner, Set.of()).stream()
                .filter(form -> form.startsWith(gender))
                .map(form -> form.charAt(1))
                .collect(Collectors.toSet());
        assertThat(cases)
                .as("%s: '%s %s'", text.text(), determiner, tokens.get(noun))
                .isNotEmpty();
        if (article > 0) {
            String before = lower(tokens, article - 1);
            if (DATIVE_PREPOSITIONS.contains(before)) {
                cases.retainAll(Set.of('d'));
            } else if (ACCUSATIVE_PREPOSITIONS.contains(before)) {
                cases.retainAll(Set.of('a'));
            } else if (Set.of("in", "auf", "unter", "vor", "hinter", "neben", "an")
                    .contains(before)) {
                cases.remove('n');
            }
            assertThat(before + " " + determiner)
                    .as(text.text())
                    .isNotIn("in dem", "in das", "an dem", "von dem", "bei dem");
        }
        assertThat(cases).as("%s: case of '%s'", text.text(), tokens.get(noun)).isNotEmpty();
        checkAdjective(text, tokens, article, noun, gender, cases);
        checkWeakNoun(text, tokens.get(noun), cases);
    }

    private static void checkAdjective(
            Text text, List<String> tokens, int article, int noun, String gender, Set<Character> cases) {
        if (article == noun - 1) {
            return;
        }
        boolean oblique = !cases.contains('n') && (cases.contains('d') || gender.equals("m"));
        String ending = oblique ? "en" : "e";
        String adjective = tokens.get(noun - 1);
        assertThat(adjective).as(text.text()).endsWith(ending);
        assertThat(adjective.endsWith("en"))
                .as("%s: '%s'", text.text(), adjective)
                .isEqualTo(oblique);
    }

    private static void checkWeakNoun(Text text, String noun, Set<Character> cases) {
        if (WEAK_NOMINATIVE.contains(noun)) {
            assertThat(cases).as(text.text()).contains('n');
        }
        if (WEAK_OBLIQUE.contains(noun)) {
            assertThat(cases).as(text.text()).doesNotContain('n');
        }
    }

    /**
     * Last in subordinate and relative clauses; first after a fronted clause or an inserted relative clause; else second,
     * after one phrase that ends with its noun or adverb. A subject may
     * wait for its verb behind a relative clause, and what follows a relative clause may be the rest of the main clause.
     */
    @Test
    void theFiniteVerbStandsWhereTheClauseAsksForIt() {
        for (Text text : texts()) {
            String[] clauses = text.text().replace(".", "").split(", ");
            boolean subjectWaits = false;
            boolean inserted = false;
            for (int k = 0; k < clauses.length; k++) {
                if (inserted && !subjectWaits) {
                    inserted = false;
                    continue;
                }
                List<String> tokens = Text.tokens(clauses[k]);
                int place = placeOfVerb(tokens, k);
                if (place < tokens.size()) {
                    assertThat(FINITE).as("%s [%s]", text.text(), clauses[k]).contains(tokens.get(place));
                }
                inserted = k > 0 && RELATIVE_PRONOUNS.contains(tokens.getFirst());
                subjectWaits = inserted ? subjectWaits : place == tokens.size();
            }
        }
    }

    private static int placeOfVerb(List<String> tokens, int clause) {
        String opener = lower(tokens, 0);
        boolean relative = clause > 0 && RELATIVE_PRONOUNS.contains(opener);
        if (relative || Set.of("weil", "da", "dass").contains(opener)) {
            return tokens.size() - 1;
        }
        if (clause == 0) {
            return afterFirstPhrase(tokens, 0);
        }
        return Set.of("aber", "und").contains(opener) ? afterFirstPhrase(tokens, 1) : 0;
    }

    private static int afterFirstPhrase(List<String> tokens, int from) {
        if (Set.of("Heute", "Gestern").contains(tokens.get(from))) {
            return from + 1;
        }
        int noun = from;
        while (!isNoun(tokens.get(noun)) && !Set.of("Ferien", "Woche").contains(tokens.get(noun))) {
            noun++;
        }
        return noun + 1;
    }

    @Test
    void thePronounAgreesWithTheReferentAndIsTheOnlyDifferenceBetweenTheStyles() {
        for (Sentence sentence : SENTENCES) {
            if (sentence.world() == World.COPULA) {
                assertThat(sentence.named()).isEqualTo(sentence.pronoun());
                continue;
            }
            String gender = gender(sentence.referent().german());
            String article = gender.equals("m") ? "der " : gender.equals("f") ? "die " : "das ";
            String pronoun = gender.equals("m") ? "er" : gender.equals("f") ? "sie" : "es";
            Span span = Objects.requireNonNull(sentence.named().anaphor());
            String named = sentence.named().text();
            int start = span.start() - article.length();
            assertThat(named.substring(start, span.start())).as(named).isEqualTo(article);
            assertThat(named.substring(0, start) + pronoun + named.substring(span.end()))
                    .isEqualTo(sentence.pronoun().text());
        }
    }

    @Test
    void thePronounOftenTellsTheCandidatesApart() {
        double different = share(each -> each.world() != World.COPULA
                && each.referent().gender()
                        != Objects.requireNonNull(each.other()).gender());
        double withPronoun = share(each -> each.world() != World.COPULA);
        System.out.printf(Locale.ROOT, "candidates of different gender: %.3f%n", different / withPronoun);
        assertThat(different / withPronoun).isBetween(0.5, 0.8);
    }

    /** One English sentence has one German translation per style; otherwise exact translation could not be measured. */
    @Test
    void theTranslationIsAFunctionOfTheEnglishSentence() {
        var translations = new HashMap<String, String>();
        for (Sentence sentence : SENTENCES) {
            String earlier = translations.putIfAbsent(
                    sentence.english().text(), sentence.named().text());
            assertThat(earlier).isIn(null, sentence.named().text());
        }
    }

    private static List<Text> texts() {
        return SENTENCES.stream()
                .flatMap(each -> Stream.of(each.named(), each.pronoun()))
                .toList();
    }

    private static double share(Predicate<Sentence> property) {
        return (double) SENTENCES.stream().filter(property).count() / SENTENCES.size();
    }

    private static String lower(List<String> tokens, int index) {
        return tokens.get(Math.max(index, 0)).toLowerCase(Locale.ROOT);
    }

    private static boolean isNoun(String token) {
        return DER.contains(token) || DIE.contains(token) || DAS.contains(token);
    }

    private static String gender(String noun) {
        assertThat(isNoun(noun)).as("gender of %s", noun).isTrue();
        return DER.contains(noun) ? "m" : DIE.contains(noun) ? "f" : "n";
    }

    private static Set<String> words(String list) {
        return Set.of(list.split(" "));
    }

    private static Set<String> finiteVerbs() {
        return Set.of(
                ("war ist überquerte überquert konnte kann mied meidet betrat betritt verließ verlässt blieb bleibt kehrte kehrt umkehrte "
                                + "umkehrt erschreckte erschreckt hielt hält aufhielt aufhält wurde wird beunruhigte beunruhigt wählte wählt lockte "
                                + "lockt benutzte benutzt passte passt ging geht hineinging hineingeht hatte hat legte legt packte packt saß sitzt "
                                + "schlief schläft lag liegt ruhte ruht brauchte braucht gefiel gefällt half hilft beruhigte beruhigt schob schiebt "
                                + "gab gibt sprang springt störte stört fraß frisst stahl stiehlt wollte will verschlang verschlingt probierte "
                                + "probiert reizte reizt versteckte versteckt rührte rührt anrührte anrührt verschmähte verschmäht beschädigte "
                                + "beschädigt zerstörte zerstört bedrohte bedroht ruinierte ruiniert litt leidet standhielt standhält "
                                + "sah kannte beschrieb erwähnte lachte lacht wartete wartet sang singt lächelte lächelt sagte sagt dachte denkt "
                                + "glaubte glaubt erklärte erklärt")
                        .split(" "));
    }
}
