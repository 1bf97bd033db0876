package dev.tidewire.protocol;

import java.util.List;
import java.util.Optional;

/**
 * One way of using an extension that a client offers; several offers of the same extension are alternatives, best first
 * (RFC 6455 §9.1).
 *
 * @param name as registered, such as {@code permessage-deflate}
 * @param parameters in the order they came, with those that came twice
 */
public record ExtensionOffer(String name, List<Parameter> parameters) {
    /** Copies the parameters. */
    public ExtensionOffer {
        parameters = List.copyOf(parameters);
    }

    /**
     * A name, alone or with a value.
     *
     * @param value without the quotes that it may have come in
     */
    public record Parameter(String name, Optional<String> value) {}
}
