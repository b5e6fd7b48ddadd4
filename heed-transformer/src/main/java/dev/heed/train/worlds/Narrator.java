package dev.heed.train.worlds;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;

/** Writes a plot down and keeps track of where its animal, its machine and each "it" stand. */
final class Narrator {
    private final Plot plot;
    private final StringBuilder text = new StringBuilder();
    private final Map<String, List<Span>> places = new HashMap<>();
    private final List<Story.Reference> references = new ArrayList<>();

    Narrator(Plot plot) {
        this.plot = plot;
        for (Plot.Step step : plot.steps()) {
            switch (step) {
                case Plot.Line line -> write(line.template(), line.holes());
                case Plot.Outcome outcome -> write(outcome);
            }
        }
    }

    String text() {
        return text.toString();
    }

    List<Story.Reference> references() {
        return List.copyOf(references);
    }

    private void write(Plot.Outcome outcome) {
        Tales.Voice referent = outcome.ofAnimal() ? plot.animal() : plot.machine();
        Tales.Voice other = outcome.ofAnimal() ? plot.machine() : plot.animal();
        List<Span> referentMentions = places(outcome.ofAnimal() ? "animal" : "machine");
        List<Span> otherMentions = places(outcome.ofAnimal() ? "machine" : "animal");
        write(outcome.template(), Map.of("property", outcome.property(), "it", "it", "verb", referent.verb()));
        references.add(new Story.Reference(
                places("it").getLast(),
                places("property").getLast(),
                places("verb").getLast(),
                referent.noun(),
                other.noun(),
                referentMentions,
                otherMentions,
                other.verb()));
    }

    private void write(String template, Map<String, String> holes) {
        text.append(text.isEmpty() ? "" : " ");
        Matcher matcher = Tales.HOLE.matcher(template);
        int from = 0;
        while (matcher.find()) {
            text.append(template, from, matcher.start());
            fill(matcher.group(1), holes);
            from = matcher.end();
        }
        text.append(template, from, template.length());
    }

    private void fill(String hole, Map<String, String> holes) {
        String word = switch (hole) {
            case "animal" -> plot.animal().noun();
            case "cry" -> plot.animal().verb();
            case "machine" -> plot.machine().noun();
            case "noise" -> plot.machine().verb();
            default -> Objects.requireNonNull(holes.get(hole), hole);
        };
        places.computeIfAbsent(hole, any -> new ArrayList<>())
                .add(new Span(text.length(), text.length() + word.length()));
        text.append(word);
    }

    private List<Span> places(String hole) {
        return List.copyOf(places.getOrDefault(hole, List.of()));
    }
}
