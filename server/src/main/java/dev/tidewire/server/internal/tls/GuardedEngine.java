package dev.tidewire.server.internal.tls;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's TLS of a server, with two doors closed that BoringSSL, too, keeps closed. Once the handshake is done, a client of TLS 1.2 may
 * not begin another one: it costs the server a signature, and no browser does. And of what brings no data, such as changes of keys in
 * TLS 1.3, it may send only so much: it costs the server more than the client.
 *
 * <p>Threads: one at a time, as the engine.
 */
final class GuardedEngine extends SSLEngine {
    private final SSLEngine engine;
    private final Consumer<String> refusals;
    private final EmptyRecords empty = new EmptyRecords();
    private boolean established;
    private boolean refused;

    /**
     * @param engine   in server mode
     * @param refusals told the counter's name before a client is cut off
     */
    GuardedEngine(SSLEngine engine, Consumer<String> refusals) {
        this.engine = engine;
        this.refusals = refusals;
    }

    @Override
    public SSLEngineResult unwrap(ByteBuffer source, ByteBuffer[] targets, int offset, int length) throws SSLException {
        SSLEngineResult result = engine.unwrap(source, targets, offset, length);
        if (established && result.getStatus() == Status.OK) guard(result);
        noteEnd(result);
        return result;
    }

    @Override
    public SSLEngineResult wrap(ByteBuffer[] sources, int offset, int length, ByteBuffer target) throws SSLException {
        SSLEngineResult result = engine.wrap(sources, offset, length, target);
        noteEnd(result);
        return result;
    }

    private void guard(SSLEngineResult result) throws SSLException {
        boolean handshake = result.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING;
        boolean finished = result.getHandshakeStatus() == HandshakeStatus.FINISHED;
        if (handshake && !finished && isBefore13()) {
            throw refused("tls.renegotiation", "a second handshake on a connection is not allowed");
        }
        if (result.bytesConsumed() == 0 || result.bytesProduced() > 0) return;
        if (!empty.allows(handshake ? result.bytesConsumed() : 0, System.nanoTime())) {
            throw refused("tls.empty_records", "too many records without data");
        }
    }

    private void noteEnd(SSLEngineResult result) {
        if (result.getHandshakeStatus() == HandshakeStatus.FINISHED) established = true;
    }

    private boolean isBefore13() {
        return !engine.getSession().getProtocol().equals("TLSv1.3");
    }

    private SSLException refused(String counter, String why) {
        refused = true;
        refusals.accept(counter);
        engine.closeOutbound();
        return new SSLException(why);
    }

    /** None for what was refused. */
    @Override
    public @Nullable Runnable getDelegatedTask() {
        return refused ? null : engine.getDelegatedTask();
    }

    @Override
    public HandshakeStatus getHandshakeStatus() {
        return engine.getHandshakeStatus();
    }

    // ---- As the engine says.

    @Override
    public void closeInbound() throws SSLException {
        engine.closeInbound();
    }

    @Override
    public boolean isInboundDone() {
        return engine.isInboundDone();
    }

    @Override
    public void closeOutbound() {
        engine.closeOutbound();
    }

    @Override
    public boolean isOutboundDone() {
        return engine.isOutboundDone();
    }

    @Override
    public void beginHandshake() throws SSLException {
        engine.beginHandshake();
    }

    @Override
    public SSLSession getSession() {
        return engine.getSession();
    }

    @Override
    public SSLSession getHandshakeSession() {
        return engine.getHandshakeSession();
    }

    @Override
    public SSLParameters getSSLParameters() {
        return engine.getSSLParameters();
    }

    @Override
    public void setSSLParameters(SSLParameters parameters) {
        engine.setSSLParameters(parameters);
    }

    @Override
    public String getApplicationProtocol() {
        return engine.getApplicationProtocol();
    }

    @Override
    public String getHandshakeApplicationProtocol() {
        return engine.getHandshakeApplicationProtocol();
    }

    @Override
    public void setHandshakeApplicationProtocolSelector(BiFunction<SSLEngine, List<String>, String> selector) {
        engine.setHandshakeApplicationProtocolSelector(selector);
    }

    @Override
    public BiFunction<SSLEngine, List<String>, String> getHandshakeApplicationProtocolSelector() {
        return engine.getHandshakeApplicationProtocolSelector();
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return engine.getSupportedCipherSuites();
    }

    @Override
    public String[] getEnabledCipherSuites() {
        return engine.getEnabledCipherSuites();
    }

    @Override
    public void setEnabledCipherSuites(String[] suites) {
        engine.setEnabledCipherSuites(suites);
    }

    @Override
    public String[] getSupportedProtocols() {
        return engine.getSupportedProtocols();
    }

    @Override
    public String[] getEnabledProtocols() {
        return engine.getEnabledProtocols();
    }

    @Override
    public void setEnabledProtocols(String[] protocols) {
        engine.setEnabledProtocols(protocols);
    }

    @Override
    public void setUseClientMode(boolean client) {
        engine.setUseClientMode(client);
    }

    @Override
    public boolean getUseClientMode() {
        return engine.getUseClientMode();
    }

    @Override
    public void setNeedClientAuth(boolean need) {
        engine.setNeedClientAuth(need);
    }

    @Override
    public boolean getNeedClientAuth() {
        return engine.getNeedClientAuth();
    }

    @Override
    public void setWantClientAuth(boolean want) {
        engine.setWantClientAuth(want);
    }

    @Override
    public boolean getWantClientAuth() {
        return engine.getWantClientAuth();
    }

    @Override
    public void setEnableSessionCreation(boolean enable) {
        engine.setEnableSessionCreation(enable);
    }

    @Override
    public boolean getEnableSessionCreation() {
        return engine.getEnableSessionCreation();
    }
}
