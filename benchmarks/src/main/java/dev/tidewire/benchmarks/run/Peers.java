package dev.tidewire.benchmarks.run;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * All servers there are to compare. Every JVM gets one processor, and of the options with which the launcher starts Tidewire those that are
 * good for all; Tidewire gets the rest, which its documentation recommends. The programs set up the rest as their documentation recommends.
 *
 * @param root of the source tree
 */
public record Peers(Path root, Certificate certificate) {
    public static final String TIDEWIRE = "tidewire";
    public static final String TIDEWIRE_VIRTUAL = "tidewire-virtual";
    public static final String TIDEWIRE_JDK_TLS = "tidewire-jdk-tls";
    public static final String BARE = "bare";
    public static final String NETTY = "netty";
    public static final String NETTY_OPENSSL = "netty-openssl";
    public static final String HELIDON = "helidon";
    static final String WS = "ws";

    private static final String PACKAGE = "dev.tidewire.benchmarks.peers.";
    private static final List<String> JVM_OPTIONS = List.of(
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            "-Dio.netty.leakDetection.level=disabled",
            "-Dio.netty.jfr.enabled=false",
            "-Djdk.reflect.useNativeAccessorOnly=true",
            "-XX:+UseCompactObjectHeaders",
            "-XX:+UseG1GC",
            "-XX:G1ConcRefinementThreads=0");
    private static final List<String> TIDEWIRE_OPTIONS = List.of(
            "-XX:FreqInlineSize=150",
            "-XX:MaxInlineLevel=25",
            "-XX:Tier4InvocationThreshold=20000",
            "-XX:Tier4CompileThreshold=20000",
            "-XX:TrimNativeHeapInterval=10000");
    private static final List<String> USUAL_HEAP = List.of("-Xmx2g");
    private static final List<String> RESIDENT_HEAP = List.of("-Xms3g", "-Xmx3g", "-XX:+AlwaysPreTouch");

    public List<Peer> all() {
        Predicate<Work> plain = work -> work.setup() == Setup.PLAIN || work.setup() == Setup.MEMORY;
        Predicate<Work> all = _ -> true;
        Predicate<Work> echo = work -> Works.TRANSPORTS.contains(work.key());
        Predicate<Work> tls = work -> work.setup() == Setup.TLS;
        Predicate<Work> uncompressed = work -> !work.setup().deflate(); // Helidon has no compression
        return List.of(
                new Peer(TIDEWIRE, works(all), true, "", tidewire("event-loop")),
                new Peer(TIDEWIRE_VIRTUAL, works(plain), true, "", tidewire("virtual")),
                new Peer(TIDEWIRE_JDK_TLS, works(tls), true, "", tidewire("event-loop", "jdk-tls")),
                new Peer(BARE, works(plain), true, "", own("BareServer")),
                new Peer(NETTY, works(all), true, "", own("NettyServer", "io_uring")),
                new Peer("netty-epoll", works(echo), false, "", own("NettyServer", "epoll")),
                new Peer("netty-nio", works(echo), false, "", own("NettyServer", "nio")),
                new Peer(NETTY_OPENSSL, works(tls), true, "", own("NettyServer", "io_uring", "openssl")),
                new Peer("vertx", works(all), true, "vertx", module("vertx", "VertxPeer")),
                new Peer(HELIDON, works(uncompressed), false, HELIDON, module(HELIDON, "HelidonPeer")),
                new Peer("jetty", works(all), false, "jetty", module("jetty", "JettyPeer")),
                new Peer("undertow", works(all), false, "undertow", module("undertow", "UndertowPeer")),
                new Peer("tomcat", works(all), false, "tomcat", module("tomcat", "TomcatPeer")),
                new Peer(
                        "java-websocket",
                        works(all),
                        false,
                        "java-websocket",
                        module("java-websocket", "JavaWebSocketPeer")),
                new Peer(WS, works(all), false, WS, node()));
    }

    private static Set<String> works(Predicate<Work> which) {
        return Works.ALL.stream().filter(which).map(Work::key).collect(Collectors.toUnmodifiableSet());
    }

    /** Names of all, for help. */
    public List<String> names() {
        return all().stream().map(Peer::name).toList();
    }

    private Peer.Program tidewire(String dispatch, String... more) {
        List<String> arguments = new ArrayList<>(List.of(dispatch));
        arguments.addAll(List.of(more));
        Peer.Program program = own("TidewireServer", arguments.toArray(String[]::new));
        List<String> launcher = List.of(root.resolve("tidewire").toString(), "echo", "--dispatch", dispatch, "--port");
        return (setup, port) ->
                setup == Setup.START ? with(launcher, Integer.toString(port)) : tuned(program.command(setup, port));
    }

    private static List<String> tuned(List<String> java) {
        List<String> command = new ArrayList<>(java);
        command.addAll(1, TIDEWIRE_OPTIONS);
        return command;
    }

    private static List<String> with(List<String> words, String last) {
        List<String> all = new ArrayList<>(words);
        all.add(last);
        return all;
    }

    /** A program on the class path of this one. */
    private Peer.Program own(String className, String... arguments) {
        return java(System.getProperty("java.class.path"), PACKAGE + className, arguments);
    }

    /** A program with a class path of its own. */
    private Peer.Program module(String folder, String className) {
        Path target = folder(folder).resolve("target");
        String classPath = target.resolve("classes") + File.pathSeparator + target.resolve("lib") + "/*";
        return java(classPath, PACKAGE + folder.replace("-", "") + "." + className);
    }

    private Peer.Program node() {
        String script = folder(WS).resolve("server.mjs").toString();
        return (setup, port) -> command(List.of("node", script), port, List.of(), setup);
    }

    Path folder(String name) {
        return root.resolve("benchmarks", "peers", name);
    }

    private Peer.Program java(String classPath, String className, String... arguments) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return (setup, port) -> {
            List<String> command = new ArrayList<>(List.of(java));
            command.addAll(JVM_OPTIONS);
            command.addAll(setup.memory() ? RESIDENT_HEAP : USUAL_HEAP);
            command.addAll(List.of("-cp", classPath, className));
            return command(command, port, Arrays.asList(arguments), setup);
        };
    }

    /** With its arguments: the port, what it is told anyway, and what the setup asks for. */
    private List<String> command(List<String> program, int port, List<String> arguments, Setup setup) {
        List<String> command = with(program, Integer.toString(port));
        command.addAll(arguments);
        if (setup.deflate()) command.add("deflate");
        if (setup == Setup.TLS) {
            command.add("tls");
            List.of(certificate.chain(), certificate.key(), certificate.store())
                    .forEach(file -> command.add(file.toString()));
        }
        return command;
    }
}
