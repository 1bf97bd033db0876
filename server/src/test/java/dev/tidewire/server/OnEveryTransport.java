package dev.tidewire.server;

import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import dev.tidewire.server.options.Transport;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.uring.IoUring;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.ParameterDeclarations;

/** A test of what holds over every kind of socket that works on this machine; takes the {@link Transport}. */
@Target(METHOD)
@Retention(RUNTIME)
@ParameterizedTest(name = "{0}")
@ArgumentsSource(OnEveryTransport.Working.class)
@interface OnEveryTransport {
    /** Those that work here; {@code NIO} does everywhere. */
    final class Working implements ArgumentsProvider {
        @Override
        public Stream<Arguments> provideArguments(ParameterDeclarations parameters, ExtensionContext context) {
            return transports().map(Arguments::of);
        }

        static Stream<Transport> transports() {
            return Stream.of(Transport.values()).filter(Working::works);
        }

        private static boolean works(Transport transport) {
            return switch (transport) {
                case IO_URING -> IoUring.isAvailable();
                case EPOLL -> Epoll.isAvailable();
                case KQUEUE -> KQueue.isAvailable();
                case AUTO, NIO -> true;
            };
        }
    }
}
