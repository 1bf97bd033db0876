package dev.tidewire.benchmarks.peers.tomcat;

import dev.tidewire.benchmarks.peers.common.Arguments;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.websocket.CloseReason;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import org.apache.tomcat.websocket.server.WsContextListener;

/**
 * Tomcat with Jakarta WebSocket. Messages are handed on in parts: for whole ones Tomcat would hold a buffer of the largest for
 * each connection.
 */
final class TomcatPeer {
    private TomcatPeer() {}

    static void main(String[] arguments) throws Exception {
        Arguments args = Arguments.parse(arguments);
        Path folder = Files.createTempDirectory("tomcat-peer");
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(folder.toString());
        tomcat.setConnector(connector(args));
        Context context = tomcat.addContext("", folder.toString());
        context.addApplicationListener(WsContextListener.class.getName());
        context.addApplicationListener(Endpoints.class.getName());
        Tomcat.addServlet(context, "default", new DefaultServlet());
        context.addServletMappingDecoded("/", "default");
        tomcat.start();
    }

    private static Connector connector(Arguments args) {
        Connector connector = new Connector();
        connector.setProperty("address", Arguments.HOST);
        connector.setPort(args.port());
        connector.setProperty("acceptCount", "4096");
        connector.setProperty("maxConnections", "20000");
        args.keyStore().ifPresent(store -> secure(connector, store));
        return connector;
    }

    private static void secure(Connector connector, Path store) {
        SSLHostConfig host = new SSLHostConfig();
        SSLHostConfigCertificate certificate = new SSLHostConfigCertificate(host, SSLHostConfigCertificate.Type.EC);
        certificate.setCertificateKeystoreFile(store.toString());
        certificate.setCertificateKeystorePassword(Arguments.PASSWORD);
        host.addCertificate(certificate);
        connector.addSslHostConfig(host);
        connector.setSecure(true);
        connector.setScheme("https");
        connector.setProperty("SSLEnabled", "true");
    }

    /** Found by name. */
    public static final class Endpoints implements ServletContextListener {
        @Override
        public void contextInitialized(ServletContextEvent event) {
            var container = (ServerContainer) event.getServletContext().getAttribute(ServerContainer.class.getName());
            try {
                container.addEndpoint(
                        ServerEndpointConfig.Builder.create(Echo.class, "/").build());
                container.addEndpoint(ServerEndpointConfig.Builder.create(Broadcast.class, Arguments.BROADCAST)
                        .build());
                container.addEndpoint(ServerEndpointConfig.Builder.create(Sink.class, Arguments.SINK)
                        .build());
            } catch (DeploymentException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Found by name. */
    public static final class Echo extends Endpoint {
        @Override
        public void onOpen(Session session, EndpointConfig config) {
            session.addMessageHandler(ByteBuffer.class, (ByteBuffer part, boolean last) -> send(session, part, last));
            session.addMessageHandler(String.class, (String part, boolean last) -> {
                try {
                    session.getBasicRemote().sendText(part, last);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** Found by name. */
    public static final class Broadcast extends Endpoint {
        private static final Set<Session> ROOM = ConcurrentHashMap.newKeySet();

        @Override
        public void onOpen(Session session, EndpointConfig config) {
            ROOM.add(session);
            MessageHandler.Partial<ByteBuffer> handler =
                    (part, last) -> ROOM.forEach(member -> send(member, part.duplicate(), last));
            session.addMessageHandler(ByteBuffer.class, handler);
        }

        @Override
        public void onClose(Session session, CloseReason reason) {
            ROOM.remove(session);
        }
    }

    /** Found by name. */
    public static final class Sink extends Endpoint {
        @Override
        public void onOpen(Session session, EndpointConfig config) {
            session.addMessageHandler(ByteBuffer.class, (ByteBuffer part, boolean last) -> {});
        }
    }

    private static void send(Session session, ByteBuffer part, boolean last) {
        try {
            session.getBasicRemote().sendBinary(part, last);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
