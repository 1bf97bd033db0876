package dev.tidewire.server.internal.tls;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * Puts keys in the older forms of OpenSSL into the one form that the JDK reads (RFC 5958 §2, in DER):
 *
 * <pre>
 *   PrivateKeyInfo ::= SEQUENCE { version INTEGER, algorithm SEQUENCE { OID, parameters }, key OCTET STRING }
 * </pre>
 */
final class Pkcs8 {
    private static final int INTEGER = 0x02;
    private static final int OCTET_STRING = 0x04;
    private static final int SEQUENCE = 0x30;
    /** The tag of the optional curve in an EC key (RFC 5915 §3). */
    private static final int CURVE = 0xA0;

    private static final byte[] VERSION = der(INTEGER, new byte[] {0});
    /** rsaEncryption, whose parameters are NULL (RFC 8017 §A.1). */
    private static final byte[] RSA = der(SEQUENCE, HexFormat.of().parseHex("06092a864886f70d010101" + "0500"));
    /** id-ecPublicKey (RFC 5480 §2.1.1). */
    private static final byte[] EC = HexFormat.of().parseHex("06072a8648ce3d0201");

    private Pkcs8() {}

    /** An RSAPrivateKey (RFC 8017 §A.1.2). */
    static byte[] ofRsa(byte[] key) {
        return der(SEQUENCE, VERSION, RSA, der(OCTET_STRING, key));
    }

    /**
     * An ECPrivateKey (RFC 5915 §3).
     *
     * @throws PrivateKeys.Unreadable when it does not name its curve
     */
    static byte[] ofEc(byte[] key) {
        return der(SEQUENCE, VERSION, der(SEQUENCE, EC, curve(key)), der(OCTET_STRING, key));
    }

    private static byte[] curve(byte[] key) {
        try {
            ByteBuffer fields = next(ByteBuffer.wrap(key), SEQUENCE);
            next(fields, INTEGER);
            next(fields, OCTET_STRING);
            ByteBuffer curve = next(fields, CURVE);
            byte[] bytes = new byte[curve.remaining()];
            curve.get(bytes);
            return bytes;
        } catch (java.nio.BufferUnderflowException | IllegalArgumentException e) {
            throw new PrivateKeys.Unreadable("its EC key is malformed or does not name its curve", e);
        }
    }

    /** The content of the next value, which must have this tag. */
    private static ByteBuffer next(ByteBuffer in, int tag) {
        int found = in.get() & 0xFF;
        if (found != tag) throw new IllegalArgumentException("tag " + found + " in place of " + tag);
        int length = in.get() & 0xFF;
        if (length >= 0x80) {
            byte[] digits = new byte[Math.min(length & 0x7F, 4)];
            in.get(digits);
            length = new BigInteger(1, digits).intValue();
        }
        ByteBuffer content = in.slice().limit(length);
        in.position(in.position() + length);
        return content;
    }

    private static byte[] der(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        value.write(tag);
        writeLength(value, content.size());
        value.writeBytes(content.toByteArray());
        return value.toByteArray();
    }

    private static void writeLength(ByteArrayOutputStream out, int length) {
        if (length >= 0x80) {
            byte[] digits = BigInteger.valueOf(length).toByteArray();
            int from = digits[0] == 0 ? 1 : 0;
            out.write(0x80 | (digits.length - from));
            out.write(digits, from, digits.length - from);
        } else {
            out.write(length);
        }
    }
}
