package dev.heed.train.worlds;

/** The semantic classes of nouns: which verbs and which properties a noun can take follows from its class alone. */
public enum NounClass {
    ANIMAL,
    PLACE,
    WATER,
    VEHICLE,
    THING,
    CONTAINER,
    FOOD,
    SURFACE,
    BUILDING,
    WEATHER,
    PERSON
}
