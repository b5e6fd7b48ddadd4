package dev.heed.train.worlds;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;

/**
 * The words of the sentence worlds: nouns by class, colours, and the closed vocabulary of each language.
 *
 * <pre>{@code
 * List<Noun> animals = Lexicon.nouns(NounClass.ANIMAL);
 * int words = Lexicon.englishWords().size();
 * }</pre>
 */
public final class Lexicon {
    /** Per class: english German gender; a second German form is the oblique form of a weak masculine. */
    private static final Map<NounClass, List<Noun>> NOUNS = nouns(Map.ofEntries(
            Map.entry(NounClass.ANIMAL, """
                    animal Tier n, dog Hund m, cat Katze f, horse Pferd n, cow Kuh f, sheep Schaf n, fox Fuchs m, mouse Maus f,
                    pig Schwein n, goat Ziege f, bear Bär/Bären m, donkey Esel m, rabbit Kaninchen n, wolf Wolf m, duck Ente f"""),
            Map.entry(NounClass.PLACE, """
                    street Straße f, road Landstraße f, bridge Brücke f, meadow Wiese f, desert Wüste f, square Platz m,
                    path Weg m, yard Hof m, park Park m, field Feld n, valley Tal n, terrain Gelände n"""),
            Map.entry(NounClass.WATER, """
                    river Fluss m, stream Bach m, canal Kanal m, lake See m, pond Teich m, bay Bucht f, lagoon Lagune f,
                    strait Meerenge f, sea Meer n, bog Moor n"""),
            Map.entry(NounClass.VEHICLE, """
                    car Auto n, truck Lastwagen m, bus Bus m, bicycle Fahrrad n, tractor Traktor m, taxi Taxi n,
                    motorcycle Motorrad n, scooter Roller m, carriage Kutsche f, limousine Limousine f, tram Straßenbahn f"""),
            Map.entry(NounClass.THING, """
                    trophy Pokal m, book Buch n, lamp Lampe f, ball Ball m, violin Geige f, clock Uhr f, picture Bild n,
                    doll Puppe f, drum Trommel f, coat Mantel m, vase Vase f, helmet Helm m, umbrella Schirm m, shirt Hemd n,
                    telescope Fernrohr n, game Spiel n"""),
            Map.entry(NounClass.CONTAINER, """
                    suitcase Koffer m, box Kiste f, bag Tasche f, basket Korb m, drawer Schublade f, chest Truhe f,
                    cupboard Schrank m, backpack Rucksack m, bucket Eimer m, case Etui n, jar Glas n, compartment Fach n,
                    barrel Fass n, parcel Paket n"""),
            Map.entry(NounClass.FOOD, """
                    cake Kuchen m, apple Apfel m, cheese Käse m, ham Schinken m, sausage Wurst f, pie Pastete f, pizza Pizza f,
                    pear Birne f, bread Brot n, egg Ei n, steak Steak n, croissant Croissant n"""),
            Map.entry(NounClass.SURFACE, """
                    mat Matte f, blanket Decke f, bench Bank f, mattress Matratze f, chair Stuhl m, carpet Teppich m,
                    armchair Sessel m, sofa Sofa n, bed Bett n, cushion Kissen n, towel Handtuch n"""),
            Map.entry(NounClass.BUILDING, """
                    house Haus n, castle Schloss n, hotel Hotel n, museum Museum n, school Schule f, church Kirche f,
                    barn Scheune f, mill Mühle f, hut Hütte f, tower Turm m, shop Laden m, stable Stall m, station Bahnhof m"""),
            Map.entry(NounClass.WEATHER, """
                    storm Sturm m, wind Wind m, rain Regen m, snow Schnee m, hail Hagel m, frost Frost m,
                    thunderstorm Gewitter n, tempest Unwetter n, ice Eis n, flood Flut f, heat Hitze f, avalanche Lawine f"""),
            Map.entry(NounClass.PERSON, """
                    farmer Bauer/Bauern m, teacher Lehrer m, doctor Arzt m, man Mann m, boy Junge/Jungen m, king König m,
                    baker Bäcker m, uncle Onkel m, father Vater m, woman Frau f, nurse Krankenschwester f, queen Königin f,
                    aunt Tante f, grandmother Großmutter f, mother Mutter f""")));

    private Lexicon() {}

    /** The nouns of one class, in the order of the table. */
    public static List<Noun> nouns(NounClass nounClass) {
        return NOUNS.getOrDefault(nounClass, List.of());
    }

    /** All nouns, class by class. */
    public static List<Noun> nouns() {
        return Arrays.stream(NounClass.values())
                .flatMap(each -> nouns(each).stream())
                .toList();
    }

    /** Every English word type and punctuation mark that the sentence worlds can produce, sorted; case matters. */
    public static SortedSet<String> englishWords() {
        return Vocabulary.english();
    }

    /** Every German word type and punctuation mark that the sentence worlds can produce, in either style, sorted. */
    public static SortedSet<String> germanWords() {
        return Vocabulary.german();
    }

    private static Map<NounClass, List<Noun>> nouns(Map<NounClass, String> tables) {
        var nouns = new EnumMap<NounClass, List<Noun>>(NounClass.class);
        tables.forEach((nounClass, table) -> {
            var entries = new ArrayList<Noun>();
            for (String entry : table.strip().split(",\\s*")) {
                entries.add(noun(nounClass, entry));
            }
            nouns.put(nounClass, List.copyOf(entries));
        });
        return nouns;
    }

    private static Noun noun(NounClass nounClass, String entry) {
        String[] words = entry.split(" ");
        String[] forms = words[1].split("/");
        Gender gender = switch (words[2]) {
            case "m" -> Gender.MASCULINE;
            case "f" -> Gender.FEMININE;
            case "n" -> Gender.NEUTER;
            default -> throw new IllegalStateException("lexicon: no gender in '" + entry + "'");
        };
        return new Noun(nounClass, words[0], forms[0], forms[forms.length - 1], gender);
    }
}
