package dev.heed.bench.rival;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.train.Recipe;
import org.junit.jupiter.api.Test;

class TrainCaseTest {
    /** The trainer takes the recipes of the race as they are. */
    @Test
    void everyCaseIsARecipe() {
        for (TrainCase each : TrainCase.all()) {
            Recipe recipe = each.recipe();
            assertThat(recipe.name()).isEqualTo(each.name());
            assertThat(recipe.batch() * recipe.accumulation()).isEqualTo(each.batch());
            assertThat(recipe.deviation()).isEqualTo(0.05);
        }
        assertThat(TrainCase.awkward().recipe().context()).isEqualTo(17);
    }
}
