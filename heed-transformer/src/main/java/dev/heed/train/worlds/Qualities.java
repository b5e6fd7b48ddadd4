package dev.heed.train.worlds;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What can be said of the nouns of each class in a copula sentence. */
final class Qualities {
    private static final Map<NounClass, List<Adjective>> BY_CLASS = Map.ofEntries(
            of(NounClass.ANIMAL, """
                    black schwarz, white weiß, brown braun, grey grau, tired müde, hungry hungrig, young jung, lazy faul,
                    brave mutig, curious neugierig, shy scheu, sick krank, fast schnell"""),
            of(
                    NounClass.PLACE,
                    "wide breit, narrow schmal, dark dunkel, empty leer, quiet ruhig, dangerous gefährlich, dry trocken"),
            of(
                    NounClass.WATER,
                    "deep tief, cold kalt, wide breit, calm ruhig, shallow flach, blue blau, dangerous gefährlich"),
            of(
                    NounClass.VEHICLE,
                    "fast schnell, slow langsam, red rot, blue blau, new neu, rusty rostig, full voll, heavy schwer"),
            of(
                    NounClass.THING,
                    "new neu, old alt, red rot, blue blau, big groß, small klein, light leicht, beautiful schön"),
            of(
                    NounClass.CONTAINER,
                    "small klein, big groß, full voll, empty leer, black schwarz, brown braun, deep tief, new neu"),
            of(
                    NounClass.FOOD,
                    "fresh frisch, tasty lecker, cold kalt, warm warm, hard hart, dry trocken, delicious köstlich"),
            of(
                    NounClass.SURFACE,
                    "soft weich, warm warm, dry trocken, clean sauber, comfortable bequem, red rot, wet nass, dirty schmutzig"),
            of(NounClass.BUILDING, "old alt, new neu, white weiß, grey grau, big groß, empty leer, beautiful schön"),
            of(
                    NounClass.WEATHER,
                    "strong stark, violent heftig, powerful mächtig, dangerous gefährlich, cruel grausam"),
            of(
                    NounClass.PERSON,
                    "young jung, tired müde, happy glücklich, sad traurig, friendly freundlich, hungry hungrig, brave mutig"));

    private Qualities() {}

    static List<Adjective> of(NounClass nounClass) {
        return Objects.requireNonNull(BY_CLASS.get(nounClass));
    }

    private static Map.Entry<NounClass, List<Adjective>> of(NounClass nounClass, String table) {
        return Map.entry(nounClass, Adjective.parseAll(table));
    }
}
