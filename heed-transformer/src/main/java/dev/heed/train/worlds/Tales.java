package dev.heed.train.worlds;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The grammar of the stories as tables. Holes: x, y, z are people (xhe: he or she, Xhe: the same at the start), animal and machine
 * with what can be heard of them (cry, noise), kept and box what was put away, and what is drawn anew each time:
 * place, thing, food, meal, thing1 …, number1 …, colour1 …. Of {@link WordGames}: row, part1, part2, refrain, counted.
 */
final class Tales {
    /** Something that can be heard: its noun and the verb that only it takes. */
    record Voice(String noun, String verb) {}

    /** What can be the reason with an animal, and what with a machine. */
    record Cause(String ofAnimal, String ofMachine) {}

    static final Pattern HOLE = Pattern.compile("\\{(\\w+)}");

    static final List<String> GIRLS = words(
            "Mia Anna Emma Lena Clara Julia Nina Ella Lucy Rosa Sara Ida Ada Alma Amy Bella Bianca Carla Cora Daisy Dora"
                    + " Edith Elsa Eva Fiona Flora Grace Greta Hanna Helen Iris Jana Judith Karla Kira Laura Lea Lilly Lisa Luna"
                    + " Mara Maria Marta Nora Olga Paula Petra Pia Rita Ruth Sofia Stella Tessa Tina Vera Wanda Zoe");
    static final List<String> BOYS = words(
            "Tom Ben Leo Max Paul Finn Noah Jonas Oscar Theo Felix Hugo Adam Alan Anton Arno Basil Boris Bruno Carl"
                    + " Cyril David Emil Eric Frank Fred George Gus Hans Harry Henry Igor Ivan Jack Jacob James Jim Karl Kurt"
                    + " Lars Linus Lucas Marco Martin Milo Moritz Nick Otto Peter Ralph Ray Rob Samuel Simon Tim Victor Walter");
    static final List<String> PLACES =
            words("park garden forest market school farm beach lake village castle river library");
    static final List<String> THINGS =
            words("ball lamp book drum doll hat cup key coat shirt kite ring stone spoon brush pencil");
    static final List<String> BOXES = words("box bag basket drawer bucket suitcase chest jar");
    static final List<String> FOODS = words("cake pear pie carrot cookie sandwich banana plum");
    static final List<String> NUMBERS = words("one two three four five six seven eight nine ten eleven twelve");
    static final List<String> COLOURS = words("red blue green white black yellow brown pink");

    static final List<Voice> ANIMALS = voices("""
            dog barked, cat meowed, horse neighed, cow mooed, sheep bleated, mouse squeaked, pig grunted, duck quacked,
            wolf howled, frog croaked, lion roared, hen clucked, bird chirped, bee buzzed, snake hissed""");

    static final List<Voice> MACHINES = voices("""
            car honked, truck rumbled, train whistled, clock ticked, bell rang, robot beeped, door creaked, radio crackled,
            toaster popped, fridge hummed, tap dripped, cart rattled, kettle bubbled""");

    static final List<Cause> CAUSES = causes("""
            tired rusty, hungry old, thirsty hot, shy dusty, sleepy heavy, nervous wet, lazy dirty, timid loose""");

    static final List<String> OPENINGS = lines("""
            Once upon a time, {x} and {y} lived near the {place}.
            One day, {x} and {y} went to the {place}.
            {x} and {y} were friends. They met at the {place} every day.
            Early in the morning, {x} went to the {place}. There, {x} met {y}.
            {y} was the best friend of {x}. They lived in a house near the {place}.
            "Come with me to the {place}," said {x}. So {x} and {y} went to the {place}.
            """);

    static final List<String> INTRODUCTIONS = lines("""
            They had a {animal} and a {machine}.
            They had a {machine} and a {animal}.
            {x} had a {animal}, and {y} had a {machine}.
            {x} had a {machine}, and {y} had a {animal}.
            There was a {animal} next to a {machine}.
            There was a {machine} next to a {animal}.
            {x} saw a {animal}. Then {y} saw a {machine}.
            {x} saw a {machine}. Then {y} saw a {animal}.
            "I can see a {animal} and a {machine}," said {y}.
            "I can see a {machine} and a {animal}," said {y}.
            """);

    static final List<String> EVENTS = lines("""
            {x} gave the {thing} to {y}, and {y} gave the {thing} to {z}.
            {x} had a {thing}. {x} gave the {thing} to {y}. Then {y} gave the {thing} back to {x}.
            "Please give me the {thing}," said {y}. {x} gave the {thing} to {y}.
            When {x} and {y} came to the {place}, {x} gave the {thing} to {y}.
            When {x} and {z} came to the {place}, {z} gave the {thing} to {x}.
            "I need a {thing1}, a {thing2}, a {thing3} and a {thing4}," said {x}. {y} found a {thing1}, a {thing2}, a {thing3} and a {thing4}.
            "The secret is {number1}, {number2}, {number3}, {number4}," said {x}. "The secret is {number1}, {number2}, {number3}, {number4}," said {y}.
            "The song goes {colour1}, {colour2}, {colour3}, {colour4}, {colour5}," said {y}. They sang, "The song goes {colour1}, {colour2}, {colour3}, {colour4}, {colour5}."
            {x} painted a {colour1} {thing1}, a {colour2} {thing2} and a {colour3} {thing3}. {y} liked the {colour1} {thing1}, the {colour2} {thing2} and the {colour3} {thing3}.
            {x} counted {number1}, {number2}, {number3}, {number4}, {number5}. Then {y} counted {number1}, {number2}, {number3}, {number4}, {number5}.
            They called {x}, {y}, {z} and {w}. Then {x}, {y}, {z} and {w} played in the {place}.
            {x} ate a {food}, and {y} ate a {meal}. "I like the {food}," said {x}. "I like the {meal}," said {y}.
            The {animal} {cry}. "What was that?" asked {x}. "The {animal} {cry}," said {y}.
            The {machine} {noise}. "What was that?" asked {y}. "The {machine} {noise}," said {x}.
            "Did you hear the {animal}?" asked {x}. "Yes, the {animal} {cry} and {cry}," said {y}.
            "Did you hear the {machine}?" asked {y}. "Yes, the {machine} {noise} and {noise}," said {x}.
            "Look at the {animal}, {y}!" said {x}. {y} looked at the {animal}. "What a {animal}!" said {y}.
            "Look at the {machine}, {x}!" said {y}. {x} looked at the {machine}. "What a {machine}!" said {x}.
            {x} ran to the {animal}, and {y} ran to the {machine}.
            {x} ran to the {machine}, and {y} ran to the {animal}.
            The {animal} chased {x}, and {x} ran away. Then the {animal} chased {y}, and {y} ran away.
            {x} was happy. {Xhe} laughed and laughed. "You are happy, {x}," said {y}.
            {x} lost the {thing}, and {xhe} was sad. "Do not be sad, {x}," said {y}. "I have the {thing}."
            {z} came to the {place}. "Hello, {x}! Hello, {y}!" said {z}. "Hello, {z}!" said {x} and {y}.
            {x} said, "A {thing1} for the {animal} and a {thing2} for the {machine}." {y} said, "A {thing1} for the {animal} and a {thing2} for the {machine}."
            "The {colour1} {thing} is in the {place} with {z} and {w}," said {x}. "The {colour1} {thing} is in the {place} with {z} and {w}?" asked {y}.
            "One {thing1}, one {thing2} and one {thing3}," said {y}. "Yes, one {thing1}, one {thing2} and one {thing3}," said {x}.
            "Where are {z} and {w}?" asked {x}. "I think {z} and {w} are in the {place}," said {y}. So {x} and {y} ran to the {place}.
            {x} told {y} a story. "The {animal} and the {machine} were friends." {y} told {z} the story. "The {animal} and the {machine} were friends."
            They walked and walked, and they sang and sang. {y} was slow, but {x} waited for {y}.
            """);

    /** A row of words is said, written or sung, and then again. */
    static final List<String> ROWS = lines("""
            "The magic words are {row}," said {x}. "The magic words are {row}?" asked {y}. "Yes, {row}," said {x}.
            {x} and {y} played with words. "My words are {row}," said {x}. "Your words are {row}," said {y}.
            They played with words. "I say {row}," said {x}. "I say {row}," said {y}. "I say {row}," said {z}.
            {x} found a letter from {z}. The letter said {row}. {y} read the letter, too. "The letter said {row}," said {y}.
            "I had a dream of {row}," said {y}. {x} told {z} the dream. "{y} had a dream of {row}," said {x}.
            {y} made a song. The song was {row}. Then {x}, {y} and {z} sang the song. The song was {row}.
            "Tell {z} this from me," said {x}. "Tell {z} {row}." {y} ran to {z}. "{x} says {row}," said {y}.
            On the door {x} wrote {row}. Next to that, {y} wrote {row}. Then {z} wrote {part1}, too.
            """);

    static final List<String> REFRAINS = lines("""
            They sang {refrain}.
            "I say {refrain}," said {x}. "I say, too," said {y}.
            {z} walked up and down and said {refrain}.
            On the wall was {refrain}.
            """);

    /** Behind each word that was said before, they say "again". */
    static final List<String> COUNTS = lines("""
            They played again. {x} said {counted}.
            "I say {counted}," said {y}.
            """);

    static final String AGAIN = "again";

    static final List<String> ROW_RECALLS = lines("""
            "What were the words?" asked {z}. "They were {row}," said {y}.
            "Do you know the words?" asked {y}. "I know {part1}," said {z}. "And I know {part2}," said {x}.
            """);

    /** Half of them name the animal first. */
    static final List<String> MEETINGS = lines("""
            The {animal} looked at the {machine}.
            The {animal} sat next to the {machine}.
            The {animal} didn't follow the {machine}.
            The {animal} stayed near the {machine}.
            The {animal} waited behind the {machine}.
            The {machine} stood next to the {animal}.
            The {machine} didn't please the {animal}.
            The {machine} frightened the {animal}.
            The {machine} was in front of the {animal}.
            The {machine} was too much for the {animal}.
            """);

    /** Between the meeting and its outcome; most often nothing. */
    static final List<String> PAUSES = List.of(
            "", "", "", "\"Oh no!\" said {x}.", "\"Oh dear!\" said {y}.", "{x} and {y} waited.", "{y} laughed.");

    static final List<String> OUTCOMES = lines("""
            Too {property}, {it} {verb}.
            Too {property}, {it} {verb}.
            Because it was too {property}, {it} {verb}.
            It was so {property} that {it} {verb}.
            """);

    static final String KEEPING = "{x} put the {kept} into the {box}.";

    static final String RECALL = "\"Where is the {kept}?\" asked {y}. \"The {kept} is in the {box},\" said {x}.";

    static final List<String> CODAS = lines("""
            "Good night, {x}," said {y}. "Good night, {y}," said {x}.
            {x} and {y} went home.
            They were happy, and they slept well.
            The end.
            """);

    private Tales() {}

    /** What "it" can stand for. */
    static Set<String> nouns() {
        return Stream.concat(ANIMALS.stream(), MACHINES.stream())
                .map(Voice::noun)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The closed vocabulary: the words of every template and of every table. */
    static SortedSet<String> vocabulary() {
        var vocabulary = new TreeSet<String>();
        Stream.of(
                        OPENINGS,
                        INTRODUCTIONS,
                        EVENTS,
                        MEETINGS,
                        PAUSES,
                        OUTCOMES,
                        CODAS,
                        ROWS,
                        REFRAINS,
                        COUNTS,
                        ROW_RECALLS,
                        List.of(KEEPING, RECALL, AGAIN))
                .flatMap(List::stream)
                .forEach(line ->
                        vocabulary.addAll(Text.tokens(HOLE.matcher(line).replaceAll(Matcher.quoteReplacement(" ")))));
        Stream.of(GIRLS, BOYS, PLACES, THINGS, BOXES, FOODS, NUMBERS, COLOURS, List.of("he", "she", "He", "She", "it"))
                .forEach(vocabulary::addAll);
        Stream.concat(ANIMALS.stream(), MACHINES.stream())
                .forEach(voice -> vocabulary.addAll(List.of(voice.noun(), voice.verb())));
        CAUSES.forEach(cause -> vocabulary.addAll(List.of(cause.ofAnimal(), cause.ofMachine())));
        return vocabulary;
    }

    private static List<String> words(String table) {
        return List.of(table.split(" "));
    }

    private static List<String> lines(String table) {
        return table.lines().toList();
    }

    private static List<Voice> voices(String table) {
        return pairs(table).map(pair -> new Voice(pair[0], pair[1])).toList();
    }

    private static List<Cause> causes(String table) {
        return pairs(table).map(pair -> new Cause(pair[0], pair[1])).toList();
    }

    private static Stream<String[]> pairs(String table) {
        return Arrays.stream(table.strip().split(",\\s*")).map(entry -> entry.split(" "));
    }
}
