package dev.tidewire.protocol;

/**
 * The peer broke a rule of the protocol or passed a limit; the connection must be closed with {@link #closeCode()}.
 *
 * <p>Any peer can cause this at will, so it carries no stack trace: it is an answer, not a crash.
 */
public final class ProtocolViolation extends RuntimeException {
    private final int closeCode;
    private final String rule;

    /**
     * A violation whose message reads {@code detail (rule)}.
     *
     * @param closeCode what the close frame that answers it must say, see {@link CloseCode}
     * @param rule the section broken, such as {@code "RFC 6455 §5.5"}, or the name of the limit passed
     * @param detail what the peer did
     */
    public ProtocolViolation(int closeCode, String rule, String detail) {
        super(detail + " (" + rule + ")", null, false, false);
        this.closeCode = closeCode;
        this.rule = rule;
    }

    /** The code that the close frame must carry. */
    public int closeCode() {
        return closeCode;
    }

    /** The section or limit alone: few different values, so it can name a counter. */
    public String rule() {
        return rule;
    }
}
