package dev.heed.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Packages form one line and each uses only those to its left; this module's class path sees them all. */
class PackageOrderTest {
    private static final List<String> LINE =
            List.of("tensor", "kernel", "attention", "grad", "nn", "text", "model", "train", "lens", "app", "explorer");
    private static final String[] LIBRARIES = below(LINE.subList(0, LINE.indexOf("app")));

    private static final JavaClasses HEED = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.heed");

    @Test
    void everyClassHasItsPlaceInTheLine() {
        List<String> strangers = HEED.stream()
                .map(heed -> heed.getPackageName())
                .filter(name -> !LINE.contains(name.split("\\.", 4)[2]))
                .distinct()
                .toList();
        assertThat(strangers).isEmpty();
        assertThat(HEED.contain("dev.heed.attention.Attention")).isTrue();
        assertThat(HEED.contain(Main.class)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("line")
    void aPackageUsesOnlyThoseToItsLeft(String name) {
        List<String> right = LINE.subList(LINE.indexOf(name) + 1, LINE.size());
        if (!right.isEmpty()) {
            noClasses()
                    .that()
                    .resideInAPackage("dev.heed." + name + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(below(right))
                    .allowEmptyShould(true) // packages of the line that are still to come
                    .check(HEED);
        }
    }

    static List<String> line() {
        return LINE;
    }

    @Test
    void noPackagesFormACycle() {
        slices().matching("dev.heed.(**)").should().beFreeOfCycles().check(HEED);
    }

    @Test
    void onlyKernelsUseTheVectorModule() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.heed.kernel")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jdk.incubator.vector..")
                .check(HEED);
    }

    @Test
    void librariesNeitherExitNorPrintNorLog() {
        noClasses()
                .that()
                .resideInAnyPackage(LIBRARIES)
                .should()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .dependOnClassesThat()
                .resideInAPackage("java.util.logging..")
                .check(HEED);
    }

    private static String[] below(List<String> packages) {
        return packages.stream().map(name -> "dev.heed." + name + "..").toArray(String[]::new);
    }
}
