package dev.heed.train.worlds;

import static dev.heed.train.worlds.NounClass.ANIMAL;
import static dev.heed.train.worlds.NounClass.BUILDING;
import static dev.heed.train.worlds.NounClass.CONTAINER;
import static dev.heed.train.worlds.NounClass.FOOD;
import static dev.heed.train.worlds.NounClass.PLACE;
import static dev.heed.train.worlds.NounClass.SURFACE;
import static dev.heed.train.worlds.NounClass.THING;
import static dev.heed.train.worlds.NounClass.VEHICLE;
import static dev.heed.train.worlds.NounClass.WATER;
import static dev.heed.train.worlds.NounClass.WEATHER;

import java.util.List;
import java.util.Set;

/**
 * The grammar of the because-sentences as tables. In every scene some frames name A first and some name B first, so that
 * neither the place in the sentence nor, in TROPHY, the property word alone says what "it" is.
 */
final class Grammar {
    static final List<Scene> SCENES = List.of(
            Scene.excess(World.STREET, Set.of(ANIMAL), Set.of(PLACE), """
                    tired müde - wide breit, weak schwach - dangerous gefährlich, shy scheu - dark dunkel, sick krank - icy vereist,
                    young jung - windy windig, lazy faul - foggy neblig, nervous nervös - unsafe unsicher""", """
                    cross         | {a} didn't/doesn't cross {b}       | {a} überquerte/überquert {b acc} nicht
                    can-cross     | {a} couldn't/can't cross {b}       | {a} konnte/kann {b acc} nicht überqueren
                    avoid         | {a} avoided/avoids {b}             | {a} mied/meidet {b acc}
                    enter         | {a} didn't/doesn't enter {b}       | {a} betrat/betritt {b acc} nicht
                    leave         | {a} left/leaves {b}                | {a} verließ/verlässt {b acc}
                    stand-at      | {a} stopped/stops at {b}           | {a} blieb/bleibt {vor b dat} stehen
                    turn-back     | {a} turned/turns back at {b}       | {a} kehrte/kehrt+um {an b dat}
                    frighten      | {b} frightened/frightens {a}       | {b} erschreckte/erschreckt {a acc}
                    stop          | {b} stopped/stops {a}              | {b} hielt/hält+auf {a acc}
                    avoided-by    | {b} was/is avoided by {a}          | {b} wurde/wird {von a dat} gemieden
                    not-crossed   | {b} wasn't/isn't crossed by {a}    | {b} wurde/wird {von a dat} nicht überquert
                    difficult     | {b} was/is difficult for {a}       | {b} war/ist {für a acc} schwierig
                    worry         | {b} worried/worries {a}            | {b} beunruhigte/beunruhigt {a acc}
                    """),
            Scene.excess(World.STREET, Set.of(ANIMAL), Set.of(WATER), """
                    tired müde - wide breit, weak schwach - deep tief, sick krank - cold kalt, young jung - dangerous gefährlich,
                    nervous nervös - dark dunkel, lazy faul - muddy schlammig""", """
                    cross         | {a} didn't/doesn't cross {b}       | {a} überquerte/überquert {b acc} nicht
                    can-cross     | {a} couldn't/can't cross {b}       | {a} konnte/kann {b acc} nicht überqueren
                    avoid         | {a} avoided/avoids {b}             | {a} mied/meidet {b acc}
                    turn-back     | {a} turned/turns back at {b}       | {a} kehrte/kehrt+um {an b dat}
                    frighten      | {b} frightened/frightens {a}       | {b} erschreckte/erschreckt {a acc}
                    stop          | {b} stopped/stops {a}              | {b} hielt/hält+auf {a acc}
                    avoided-by    | {b} was/is avoided by {a}          | {b} wurde/wird {von a dat} gemieden
                    not-crossed   | {b} wasn't/isn't crossed by {a}    | {b} wurde/wird {von a dat} nicht überquert
                    difficult     | {b} was/is difficult for {a}       | {b} war/ist {für a acc} schwierig
                    """),
            Scene.excess(World.STREET, Set.of(VEHICLE), Set.of(PLACE), """
                    slow langsam - wide breit, heavy schwer - icy vereist, unreliable unzuverlässig - dangerous gefährlich, rusty rostig - foggy neblig,
                    expensive teuer - windy windig, bulky sperrig - narrow schmal""", """
                    cross         | {a} didn't/doesn't cross {b}       | {a} überquerte/überquert {b acc} nicht
                    can-cross     | {a} couldn't/can't cross {b}       | {a} konnte/kann {b acc} nicht überqueren
                    avoid         | {a} avoided/avoids {b}             | {a} mied/meidet {b acc}
                    halt-at       | {a} stopped/stops at {b}           | {a} hielt/hält {vor b dat}
                    stop          | {b} stopped/stops {a}              | {b} hielt/hält+auf {a acc}
                    not-crossed   | {b} wasn't/isn't crossed by {a}    | {b} wurde/wird {von a dat} nicht überquert
                    not-used      | {b} wasn't/isn't used by {a}       | {b} wurde/wird {von a dat} nicht benutzt
                    difficult     | {b} was/is difficult for {a}       | {b} war/ist {für a acc} schwierig
                    """),
            Scene.plain(World.STREET, Set.of(ANIMAL), Set.of(PLACE), """
                    brave mutig - empty leer, curious neugierig - sunny sonnig, strong stark - safe sicher, fast schnell - dry trocken,
                    hungry hungrig - narrow schmal""", """
                    crossed       | {a} crossed/crosses {b}            | {a} überquerte/überquert {b acc}
                    choose        | {a} chose/chooses {b}              | {a} wählte/wählt {b acc}
                    crossed-by    | {b} was/is crossed by {a}          | {b} wurde/wird {von a dat} überquert
                    attract       | {b} attracted/attracts {a}         | {b} lockte/lockt {a acc}
                    """),
            Scene.plain(World.STREET, Set.of(ANIMAL), Set.of(WATER), """
                    brave mutig - clear klar, strong stark - narrow schmal, fast schnell - shallow flach, curious neugierig - warm warm,
                    hungry hungrig - safe sicher""", """
                    crossed       | {a} crossed/crosses {b}            | {a} überquerte/überquert {b acc}
                    crossed-by    | {b} was/is crossed by {a}          | {b} wurde/wird {von a dat} überquert
                    """),
            Scene.plain(
                    World.STREET,
                    Set.of(VEHICLE),
                    Set.of(PLACE),
                    "fast schnell - empty leer, light leicht - dry trocken, nimble wendig - safe sicher, modern modern - sunny sonnig",
                    """
                    crossed       | {a} crossed/crosses {b}            | {a} überquerte/überquert {b acc}
                    use           | {a} used/uses {b}                  | {a} benutzte/benutzt {b acc}
                    crossed-by    | {b} was/is crossed by {a}          | {b} wurde/wird {von a dat} überquert
                    used-by       | {b} was/is used by {a}             | {b} wurde/wird {von a dat} benutzt
                    """),
            Scene.excess(World.TROPHY, Set.of(THING, CONTAINER, FOOD), Set.of(CONTAINER), """
                    big groß - small klein, wide breit - narrow schmal, long lang - short kurz, tall hoch - shallow flach,
                    thick dick - tight eng, bulky sperrig - full voll""", """
                    fit           | {a} wouldn't/won't fit in {b}      | {a} passte/passt nicht {in b acc}
                    fit-into      | {a} didn't/doesn't fit into {b}    | {a} passte/passt nicht {in b acc}
                    go-into       | {a} didn't/doesn't go into {b}     | {a} ging/geht+hinein nicht {in b acc}
                    not-put       | {p} couldn't/can't put {a} in {b}  | {p} konnte/kann {a acc} nicht {in b acc} legen
                    not-pack      | {p} couldn't/can't pack {a} into {b} | {p} konnte/kann {a acc} nicht {in b acc} packen
                    not-push      | {p} couldn't/can't push {a} into {b} | {p} konnte/kann {a acc} nicht {in b acc} schieben
                    not-hold      | {b} couldn't/can't hold {a}        | {b} konnte/kann {a acc} nicht aufnehmen
                    useless       | {b} was/is useless for {a}         | {b} war/ist {für a acc} nutzlos
                    not-right     | {b} wasn't/isn't right for {a}     | {b} war/ist nicht {für a acc} geeignet
                    no-room       | {b} had/has no room for {a}        | {b} hatte/hat keinen Platz {für a acc}
                    not-use       | {p} couldn't/can't use {b} for {a} | {p} konnte/kann {b acc} nicht {für a acc} benutzen
                    """),
            Scene.plain(World.TROPHY, Set.of(THING, CONTAINER, FOOD), Set.of(CONTAINER), """
                    small klein - big groß, narrow schmal - wide breit, short kurz - long lang, flat flach - deep tief,
                    thin dünn - roomy geräumig, light leicht - empty leer""", """
                    fits          | {a} fit/fits in {b}                | {a} passte/passt {in b acc}
                    put           | {p} put/puts {a} in {b}            | {p} legte/legt {a acc} {in b acc}
                    pack          | {p} packed/packs {a} into {b}      | {p} packte/packt {a acc} {in b acc}
                    hold          | {b} could/can hold {a}             | {b} konnte/kann {a acc} aufnehmen
                    room          | {b} had/has room for {a}           | {b} hatte/hat Platz {für a acc}
                    use-for       | {p} used/uses {b} for {a}          | {p} benutzte/benutzt {b acc} {für a acc}
                    """),
            Scene.plain(World.MAT, Set.of(ANIMAL), Set.of(SURFACE), """
                    tired müde - warm warm, sleepy schläfrig - soft weich, sick krank - dry trocken, weak schwach - clean sauber,
                    lazy faul - comfortable bequem, exhausted erschöpft - cosy gemütlich""", """
                    sit           | {a} sat/sits on {b}                | {a} saß/sitzt {auf b dat}
                    sleep         | {a} slept/sleeps on {b}            | {a} schlief/schläft {auf b dat}
                    lie           | {a} lay/lies on {b}                | {a} lag/liegt {auf b dat}
                    rest          | {a} rested/rests on {b}            | {a} ruhte/ruht {auf b dat}
                    stay          | {a} stayed/stays on {b}            | {a} blieb/bleibt {auf b dat}
                    need          | {a} needed/needs {b}               | {a} brauchte/braucht {b acc}
                    lay-on        | {p} laid/lays {a} on {b}           | {p} legte/legt {a acc} {auf b acc}
                    attract       | {b} attracted/attracts {a}         | {b} lockte/lockt {a acc}
                    please        | {b} pleased/pleases {a}            | {b} gefiel/gefällt {a dat}
                    help          | {b} helped/helps {a}               | {b} half/hilft {a dat}
                    calm          | {b} calmed/calms {a}               | {b} beruhigte/beruhigt {a acc}
                    push-under    | {p} pushed/pushes {b} under {a}    | {p} schob/schiebt {b acc} {unter a acc}
                    give          | {p} gave/gives {b} to {a}          | {p} gab/gibt {a dat} {b acc}
                    """),
            Scene.excess(World.MAT, Set.of(ANIMAL), Set.of(SURFACE), """
                    hungry hungrig - hard hart, nervous nervös - cold kalt, playful verspielt - rough rau, thirsty durstig - narrow schmal,
                    restless unruhig - warm warm""", """
                    not-sleep     | {a} didn't/doesn't sleep on {b}    | {a} schlief/schläft nicht {auf b dat}
                    not-stay      | {a} didn't/doesn't stay on {b}     | {a} blieb/bleibt nicht {auf b dat}
                    jump-from     | {a} jumped/jumps from {b}          | {a} sprang/springt {von b dat}
                    annoy         | {b} annoyed/annoys {a}             | {b} störte/stört {a acc}
                    not-please    | {b} didn't/doesn't please {a}      | {b} gefiel/gefällt {a dat} nicht
                    not-help      | {b} didn't/doesn't help {a}        | {b} half/hilft {a dat} nicht
                    """),
            Scene.plain(World.MAT, Set.of(ANIMAL), Set.of(FOOD), """
                    hungry hungrig - fresh frisch, greedy gierig - tasty lecker, curious neugierig - delicious köstlich,
                    clever schlau - warm warm, cheeky frech - soft weich""", """
                    eat           | {a} ate/eats {b}                   | {a} fraß/frisst {b acc}
                    steal         | {a} stole/steals {b}               | {a} stahl/stiehlt {b acc}
                    want          | {a} wanted/wants {b}               | {a} wollte/will {b acc}
                    swallow       | {a} swallowed/swallows {b}         | {a} verschlang/verschlingt {b acc}
                    try           | {a} tried/tries {b}                | {a} probierte/probiert {b acc}
                    attract       | {b} attracted/attracts {a}         | {b} lockte/lockt {a acc}
                    tempt         | {b} tempted/tempts {a}             | {b} reizte/reizt {a acc}
                    eaten-by      | {b} was/is eaten by {a}            | {b} wurde/wird {von a dat} gefressen
                    stolen-by     | {b} was/is stolen by {a}           | {b} wurde/wird {von a dat} gestohlen
                    give          | {p} gave/gives {b} to {a}          | {p} gab/gibt {a dat} {b acc}
                    hide          | {p} hid/hides {b} from {a}         | {p} versteckte/versteckt {b acc} {vor a dat}
                    """),
            Scene.excess(World.MAT, Set.of(ANIMAL), Set.of(FOOD), """
                    sick krank - cold kalt, full satt - hot heiß, tired müde - hard hart, picky wählerisch - mouldy schimmelig,
                    shy scheu - bitter bitter, young jung - dry trocken""", """
                    not-eat       | {a} didn't/doesn't eat {b}         | {a} fraß/frisst {b acc} nicht
                    not-touch     | {a} didn't/doesn't touch {b}       | {a} rührte/rührt+an {b acc} nicht
                    refuse        | {a} refused/refuses {b}            | {a} verschmähte/verschmäht {b acc}
                    not-tempt     | {b} didn't/doesn't tempt {a}       | {b} reizte/reizt {a acc} nicht
                    not-eaten     | {b} wasn't/isn't eaten by {a}      | {b} wurde/wird {von a dat} nicht gefressen
                    refused-by    | {b} was/is refused by {a}          | {b} wurde/wird {von a dat} verschmäht
                    """),
            Scene.plain(World.STORM, Set.of(WEATHER), Set.of(BUILDING), """
                    strong stark - old alt, violent heftig - dilapidated baufällig, powerful mächtig - unstable instabil,
                    dangerous gefährlich - exposed ungeschützt, cruel grausam - neglected vernachlässigt""", """
                    damage        | {a} damaged/damages {b}            | {a} beschädigte/beschädigt {b acc}
                    destroy       | {a} destroyed/destroys {b}         | {a} zerstörte/zerstört {b acc}
                    threaten      | {a} threatened/threatens {b}       | {a} bedrohte/bedroht {b acc}
                    ruin          | {a} ruined/ruins {b}               | {a} ruinierte/ruiniert {b acc}
                    suffer        | {b} suffered/suffers from {a}      | {b} litt/leidet {unter a dat}
                    damaged-by    | {b} was/is damaged by {a}          | {b} wurde/wird {von a dat} beschädigt
                    destroyed-by  | {b} was/is destroyed by {a}        | {b} wurde/wird {von a dat} zerstört
                    withstand     | {b} didn't/doesn't withstand {a}   | {b} hielt/hält+stand {a dat} nicht
                    """));

    private Grammar() {}
}
