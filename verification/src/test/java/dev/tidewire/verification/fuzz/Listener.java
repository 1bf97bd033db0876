package dev.tidewire.verification.fuzz;

import dev.tidewire.protocol.MessageReader;
import dev.tidewire.protocol.Opcode;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Writes down what a reader tells, one line each; a message in parts at its end. */
final class Listener implements MessageReader.Sink {
    final List<String> events = new ArrayList<>();

    /** The parts of a message that has not ended. */
    final ByteArrayOutputStream open = new ByteArrayOutputStream();

    @Override
    public void message(Opcode opcode, byte[] payload) {
        events.add(opcode + " " + HexFormat.of().formatHex(payload));
    }

    @Override
    public void part(Opcode opcode, byte[] bytes, boolean last) {
        if (bytes.length == 0 && !last) throw new AssertionError("an empty part that is not the last one");
        open.writeBytes(bytes);
        if (last) {
            message(opcode, open.toByteArray());
            open.reset();
        }
    }

    @Override
    public void ping(byte[] payload) {
        message(Opcode.PING, payload);
    }

    @Override
    public void pong(byte[] payload) {
        message(Opcode.PONG, payload);
    }

    @Override
    public void close(int code, String reason) {
        events.add("CLOSE " + code + " " + reason);
        open.reset();
    }
}
