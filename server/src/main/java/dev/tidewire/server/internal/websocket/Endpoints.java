package dev.tidewire.server.internal.websocket;

import dev.tidewire.server.internal.http.IncomingRequest;
import dev.tidewire.server.internal.http.PathPattern;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The endpoints of a server by path. Immutable. */
public final class Endpoints {
    private final @Nullable Endpoint everywhere;
    private final SortedMap<PathPattern, Endpoint> byPath;

    private Endpoints(@Nullable Endpoint everywhere, SortedMap<PathPattern, Endpoint> byPath) {
        this.everywhere = everywhere;
        this.byPath = byPath;
    }

    /** One endpoint for every path. */
    public static Endpoints everywhere(Endpoint endpoint) {
        return new Endpoints(endpoint, new TreeMap<>());
    }

    /** An endpoint for each pattern, the more particular one first. */
    public static Endpoints routed(Map<PathPattern, Endpoint> byPath) {
        return new Endpoints(null, new TreeMap<>(byPath));
    }

    /** The endpoint for this request, which is told its path parameters; null when there is none. */
    @Nullable
    Endpoint find(IncomingRequest request) {
        if (everywhere != null) return everywhere;
        List<String> path = PathPattern.segments(request.rawPath());
        if (path == null) return null;
        for (var route : byPath.entrySet()) {
            Map<String, String> parameters = route.getKey().match(path);
            if (parameters != null) {
                request.routed(parameters);
                return route.getValue();
            }
        }
        return null;
    }
}
