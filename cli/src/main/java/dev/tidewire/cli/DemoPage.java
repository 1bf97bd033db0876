package dev.tidewire.cli;

import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.http.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The page of the demo, and the answer to every plain HTTP request: the page at {@code /}, 404 elsewhere.
 *
 * @param html          the page
 * @param contentPolicy what the browser may load and run (Content Security Policy 3); the page's own style and script are
 *                      named by their hashes
 */
record DemoPage(String html, String contentPolicy) {
    private static final Set<String> PATHS = Set.of("/", "/index.html");
    /** What may stand in a host and port, and nothing that could end a source and begin another directive. */
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.:\\[\\]-]+");

    static DemoPage load() {
        try (InputStream in = Objects.requireNonNull(DemoPage.class.getResourceAsStream("demo.html"))) {
            String html = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            String policy =
                    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; img-src data:"
                            + "; style-src " + hash(html, "style") + "; script-src " + hash(html, "script")
                            + "; connect-src 'self'";
            return new DemoPage(html, policy);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void answer(HttpRequest request, HttpResponse response) {
        if (!PATHS.contains(request.path())) {
            response.status(404).end("not found: the demo is at /\n");
        } else if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
            response.status(405).header("Allow", "GET, HEAD").end("method not allowed: use GET\n");
        } else {
            response.header("Content-Type", "text/html; charset=utf-8")
                    .header(
                            "Content-Security-Policy",
                            contentPolicy + socketsOf(request.header("Host").orElse("")))
                    .header("X-Content-Type-Options", "nosniff")
                    .header("Referrer-Policy", "no-referrer")
                    .header("Cache-Control", "no-store")
                    .end(html);
        }
    }

    /** The WebSockets of this host: older browsers do not count them as {@code 'self'}. */
    private static String socketsOf(String host) {
        return HOST.matcher(host).matches() ? " ws://" + host + " wss://" + host : "";
    }

    private static String hash(String html, String element) {
        int start = html.indexOf("<" + element + ">") + element.length() + 2;
        byte[] content =
                html.substring(start, html.indexOf("</" + element + ">", start)).getBytes(StandardCharsets.UTF_8);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
