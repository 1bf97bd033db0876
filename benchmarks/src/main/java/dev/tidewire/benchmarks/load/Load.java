package dev.tidewire.benchmarks.load;

import io.netty.channel.EventLoop;
import java.util.concurrent.atomic.AtomicInteger;

/** A kind of load with its quantities. */
public sealed interface Load {
    /** Length of a message. */
    int payloadBytes();

    /** What the client keeps saying: a message, which comes back. */
    default Exchange exchange() {
        return Exchange.echo(payloadBytes());
    }

    /** Connections to open before it starts; none where its workers open their own. */
    default int connections() {
        return 0;
    }

    /** Its workers, one for each call. */
    Workers workers();

    /** How the load generator waits for its sockets, unless it is told otherwise. */
    default Sockets.Kind sockets() {
        return Sockets.Kind.best();
    }

    /** Makes the workers of one run, which may share something. */
    interface Workers {
        Worker on(EventLoop loop, Worker.Setting setting);
    }

    /** Each connection keeps {@code inFlight} messages under way: as many as come back go out again. */
    record Echo(int connections, int payloadBytes, int inFlight) implements Load {
        @Override
        public Workers workers() {
            return (loop, setting) -> new EchoWorker(setting, loop, inFlight);
        }
    }

    /** As {@link Echo}, compressed with permessage-deflate; the payload is JSON of this length and a little more. */
    record DeflatedEcho(int connections, int payloadBytes, int inFlight) implements Load {
        @Override
        public Exchange exchange() {
            return Exchange.deflatedEcho(payloadBytes);
        }

        @Override
        public Workers workers() {
            return (loop, setting) -> new EchoWorker(setting, loop, inFlight);
        }
    }

    /** Messages at a steady rate, each timed from when it should have been sent, however late that was. */
    record PacedEcho(int connections, int payloadBytes, int messagesPerSecond) implements Load {
        @Override
        public Workers workers() {
            return (loop, setting) -> new PacedWorker(
                    setting,
                    loop,
                    (double) messagesPerSecond / setting.sockets().loops().size());
        }
    }

    /** Each connection sends messages that nothing comes back for, {@code window} of them before it waits for a pong. */
    record FanIn(int connections, int payloadBytes, int window) implements Load {
        @Override
        public Exchange exchange() {
            return Exchange.oneWay(payloadBytes, window);
        }

        @Override
        public Workers workers() {
            return (loop, setting) -> new EchoWorker(setting, loop, 1);
        }
    }

    /**
     * What one says all hear.
     *
     * @param messagesPerSecond 0 for the next when everyone has the last
     */
    record FanOut(int connections, int payloadBytes, int messagesPerSecond) implements Load {
        @Override
        public Workers workers() {
            FanOutWorker.Room room = new FanOutWorker.Room(connections, messagesPerSecond);
            AtomicInteger made = new AtomicInteger();
            return (loop, setting) -> new FanOutWorker(setting, loop, room, made.getAndIncrement() == 0);
        }
    }

    /** Connections that have sent and received one message each and then say nothing. */
    record Idle(int connections, boolean deflated) implements Load {
        /** Compressed ones are as long as every server compresses them. */
        @Override
        public int payloadBytes() {
            return deflated ? 1024 : 512;
        }

        @Override
        public Exchange exchange() {
            return deflated ? Exchange.deflatedEcho(payloadBytes()) : Load.super.exchange();
        }

        @Override
        public Workers workers() {
            return (loop, setting) -> new IdleWorker(setting, loop);
        }
    }

    /** In each of {@code slots}: connect, shake hands, send a message, receive it, close in good order, and again. */
    record Churn(int slots, int payloadBytes) implements Load {
        @Override
        public Workers workers() {
            return (loop, setting) -> new ChurnWorker(
                    setting, loop, Math.ceilDiv(slots, setting.sockets().loops().size()));
        }

        @Override
        public Sockets.Kind sockets() {
            return Sockets.Kind.bestForShort();
        }
    }

    /** All connections break at once, come back at once, exchange one message each; and again. */
    record Storm(int clients, int payloadBytes) implements Load {
        @Override
        public Workers workers() {
            return (loop, setting) -> new StormWorker(
                    setting,
                    loop,
                    Math.ceilDiv(clients, setting.sockets().loops().size()));
        }

        @Override
        public Sockets.Kind sockets() {
            return Sockets.Kind.bestForShort();
        }
    }
}
