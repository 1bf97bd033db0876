package dev.tidewire.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;

/** Writes down what a reader tells, one line each. */
public final class Recorder implements MessageReader.Sink {
    public final List<String> heard = new ArrayList<>();

    /** One that has heard nothing yet. */
    public Recorder() {}

    @Override
    public void message(Opcode opcode, byte[] payload) {
        heard.add(opcode + " " + (opcode == Opcode.TEXT ? new String(payload, UTF_8) : Hex.of(payload)));
    }

    @Override
    public void ping(byte[] payload) {
        heard.add("PING " + Hex.of(payload));
    }

    @Override
    public void pong(byte[] payload) {
        heard.add("PONG " + Hex.of(payload));
    }

    @Override
    public void close(int code, String reason) {
        heard.add("CLOSE " + code + " " + reason);
    }
}
