package dev.tidewire.verification.badinput;

import static dev.tidewire.verification.badinput.Answer.status;

import java.util.List;

/** The first bytes of other protocols, as port scans and lost clients send them. */
final class NotHttp {
    private static final String TLS_CLIENT_HELLO = """
            16 0301 0060 01 00005c 0303
            000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00
            0006 1301 1302 c02f 01 00 002d
            0000 000e 000c 00 0009 6c6f63616c686f7374
            000a 0004 0002 0017
            002b 0003 02 0304
            000d 0004 0002 0403
            0000 0000 00""";

    private NotHttp() {}

    static List<Row> rows() {
        return List.of(
                new Row(
                        "a TLS ClientHello",
                        client -> client.sendHex(TLS_CLIENT_HELLO),
                        status(400),
                        "event=tls_on_plain_port"),
                hex("SOCKS 4", "04 01 0050 7f000001 00"),
                hex("SOCKS 5", "05 01 00"),
                hex("a remote desktop (RDP)", "03 00 0013 0e e0 0000 0000 00 01 00 0800 03000000"),
                hex("a Windows file share (SMB)", "00000045 ff534d42 72 00000000 08 01c8"),
                hex("PostgreSQL asking for TLS", "00000008 04d2162f"),
                hex(
                        "a DNS query over TCP",
                        "001e 0006 0100 0001000000000000 07 76657273696f6e 04 62696e64 00 0010 0003"),
                hex("an MQTT CONNECT", "10 0f 0004 4d515454 04 02 003c 0003 746477"),
                hex("NUL bytes", "00000000 00000000 00000000"),
                hex("bytes of 255", "ffffffff ffffffff ffffffff"),
                hex("a WebSocket frame without a handshake", "81 85 37fa213d 7f9f4d5158"),
                text("an SSH banner", "SSH-2.0-OpenSSH_9.2p1\r\n"),
                text("a mail client", "EHLO localhost\r\n"),
                text("Redis", "*1\r\n$4\r\nPING\r\n"),
                text("memcached", "stats\r\n"),
                text("nmap asking for help", "HELP\r\n\r\n"),
                text("RTSP", "OPTIONS / RTSP/1.0\r\n\r\n"),
                text("SIP", "OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm;branch=foo\r\n\r\n"),
                text("the PROXY protocol, version 1", "PROXY TCP4 127.0.0.1 127.0.0.1 4000 80\r\n"),
                text("HTTP/0.9", "GET /\r\n"),
                new Row(
                        "the PROXY protocol, version 2",
                        client -> client.sendHex("0d0a0d0a000d0a515549540a 2000 0000"),
                        status(400),
                        "event=request_refused"),
                new Row(
                        "HTTP/2 without a handshake",
                        client -> client.sendText("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                        status(505),
                        "event=request_refused"));
    }

    private static Row hex(String input, String bytes) {
        return new Row(input, client -> client.sendHex(bytes), status(400), "event=not_http");
    }

    private static Row text(String input, String ascii) {
        return new Row(input, client -> client.sendText(ascii), status(400), "event=request_refused");
    }
}
