package dev.tidewire.verification.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static com.tngtech.archunit.library.plantuml.rules.PlantUmlArchCondition.Configuration.consideringOnlyDependenciesInDiagram;
import static com.tngtech.archunit.library.plantuml.rules.PlantUmlArchCondition.adhereToPlantUmlDiagram;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds what is shipped to {@code docs/architecture.puml} and to the rules that no compiler checks. */
class ArchitectureTest {
    private static final JavaClasses SHIPPED =
            new ClassFileImporter(List.of(new ImportOption.DoNotIncludeTests())).importPackages("dev.tidewire");
    private static final Diagram DIAGRAM = Diagram.read();

    /** A rule that sees no classes is green as well. */
    @ParameterizedTest
    @CsvSource({
        "dev.tidewire.protocol, 15",
        "dev.tidewire.server, 60",
        "dev.tidewire.metrics, 3",
        "dev.tidewire.cli, 4",
        "dev.tidewire.testkit, 2"
    })
    void theRulesSeeTheClassesOfEveryModule(String module, int atLeast) {
        assertThat(SHIPPED.that(resideInAPackage(module + ".."))).hasSizeGreaterThanOrEqualTo(atLeast);
    }

    @Test
    void dependenciesFollowTheDiagram() {
        classes()
                .should(adhereToPlantUmlDiagram(DIAGRAM.path(), consideringOnlyDependenciesInDiagram()))
                .check(SHIPPED);
    }

    @ParameterizedTest
    @MethodSource("arrows")
    void everyArrowOfTheDiagramIsUsed(Diagram.Arrow arrow) {
        JavaClasses from = SHIPPED.that(resideInAPackage(arrow.from()));
        assertThat(from).as(arrow.toString()).anyMatch(type -> dependsOn(type, arrow.to()));
    }

    static Stream<Diagram.Arrow> arrows() {
        return DIAGRAM.arrows().stream();
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.tidewire.(**)").should().beFreeOfCycles().check(SHIPPED);
    }

    @Test
    void theProtocolKnowsNoSocketThreadClockOrLog() {
        noClasses()
                .that()
                .resideInAPackage("dev.tidewire.protocol..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.netty.channel..",
                        "io.netty.handler..",
                        "java.io..",
                        "java.net..",
                        "java.nio.channels..",
                        "java.nio.file..",
                        // its atomic counters are no threads
                        "java.util.concurrent",
                        "java.util.concurrent.locks",
                        "java.util.logging..",
                        "java.time..")
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(System.Logger.class, Thread.class)
                .because("a codec that cannot reach a socket, thread or clock can be tested with bytes alone")
                .check(SHIPPED);
    }

    @Test
    void onlyTheServerSeesItsInside() {
        noClasses()
                .that(are(resideOutsideOfPackages("dev.tidewire.server", "dev.tidewire.server.internal..")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.tidewire.server.internal..")
                .check(SHIPPED);
    }

    @Test
    void theApiShowsNothingOfNetty() {
        Stream<String> netty = SHIPPED
                .that(are(resideInAPackage("dev.tidewire.server..")))
                .that(are(resideOutsideOfPackage("dev.tidewire.server.internal..")))
                .stream()
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .flatMap(ArchitectureTest::shownBy)
                .filter(shown -> shown.type().getPackageName().startsWith("io.netty"))
                .map(Shown::toString);
        assertThat(netty).isEmpty();
    }

    @Test
    void staticsDoNotChange() {
        fields().that().areStatic().should().beFinal().check(SHIPPED);
    }

    @Test
    void everyPackageIsNullMarked() {
        Stream<JavaPackage> unmarked = SHIPPED.stream()
                .map(JavaClass::getPackage)
                .distinct()
                .filter(Predicate.not(ArchitectureTest::isNullMarked));
        assertThat(unmarked.map(JavaPackage::getName)).isEmpty();
    }

    @Test
    void onlyTheCommandLinePrints() {
        NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(SHIPPED.that(resideOutsideOfPackages("dev.tidewire.cli..")));
    }

    @Test
    void onlyTheCommandLineChoosesALogger() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.tidewire.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.util.logging..")
                .check(SHIPPED);
    }

    /** A type that users of the API meet, and where. */
    private record Shown(String where, JavaClass type) {}

    private static Stream<Shown> shownBy(JavaClass type) {
        Stream<Shown> parents = Stream.concat(
                        type.getAllRawInterfaces().stream(), type.getAllRawSuperclasses().stream())
                .map(parent -> new Shown(type.getName(), parent));
        return Stream.concat(
                parents,
                type.getMembers().stream()
                        .filter(ArchitectureTest::isForUsers)
                        .flatMap(ArchitectureTest::shownByMember));
    }

    private static boolean isForUsers(JavaMember member) {
        return member.getModifiers().contains(JavaModifier.PUBLIC)
                || member.getModifiers().contains(JavaModifier.PROTECTED);
    }

    private static Stream<Shown> shownByMember(JavaMember member) {
        Stream<JavaType> types = switch (member) {
            case JavaField field -> Stream.of(field.getType());
            case JavaCodeUnit code -> Stream.concat(Stream.of(code.getReturnType()), code.getParameterTypes().stream());
            default -> throw new AssertionError(member);
        };
        return types.flatMap(type -> type.getAllInvolvedRawTypes().stream())
                .map(type -> new Shown(member.getFullName(), type));
    }

    private static boolean dependsOn(JavaClass type, String packagePattern) {
        return type.getDirectDependenciesFromSelf().stream()
                .anyMatch(dependency -> resideInAPackage(packagePattern).test(dependency.getTargetClass()));
    }

    private static boolean isNullMarked(JavaPackage tested) {
        return tested.tryGetPackageInfo()
                .map(info -> info.isAnnotatedWith(NullMarked.class))
                .orElse(false);
    }
}
