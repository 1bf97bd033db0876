package dev.tidewire.server.internal.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressKeyTest {
    @ParameterizedTest
    @CsvSource({
        "192.0.2.1,              192.0.2.1,               true",
        "192.0.2.1,              192.0.2.2,               false",
        "255.255.255.255,        255.255.255.254,         false",
        "2001:db8:1:2::1,        2001:db8:1:2:ffff::2,    true",
        "2001:db8:1:2::1,        2001:db8:1:3::1,         false",
        "::1,                    ::2,                     true",
        "::1,                    0.0.0.0,                 false",
        "::ffff:192.0.2.1,       192.0.2.1,               true",
        "::ffff:192.0.2.1,       ::ffff:192.0.2.2,        false",
        "::ffff:192.0.2.1,       ::1,                     false"
    })
    void addressesOfOneCustomerCountTogether(String one, String other, boolean together) {
        assertThat(key(one) == key(other)).isEqualTo(together);
    }

    @Test
    void anIpv4AddressInsideAnIpv6OneIsFoundAlsoWhereJavaLeavesItThere() throws UnknownHostException {
        byte[] mapped = new byte[16];
        mapped[10] = mapped[11] = -1;
        mapped[12] = (byte) 192;
        mapped[14] = 2;
        mapped[15] = 1;
        InetAddress asIpv6 = java.net.Inet6Address.getByAddress(null, mapped, 0);

        assertThat(asIpv6).isInstanceOf(java.net.Inet6Address.class);
        assertThat(AddressKey.of(asIpv6)).isEqualTo(key("192.0.2.1"));
    }

    @Test
    void whatHasNoAddressOfTheInternetIsNotCounted() {
        assertThat(AddressKey.of(UnixDomainSocketAddress.of("/tmp/socket"))).isEqualTo(AddressKey.NONE);
        assertThat(AddressKey.of(InetSocketAddress.createUnresolved("host", 80)))
                .isEqualTo(AddressKey.NONE);
        assertThat(AddressKey.of((java.net.SocketAddress) null)).isEqualTo(AddressKey.NONE);
        assertThat(key("::")).isNotEqualTo(AddressKey.NONE);
        assertThat(key("0.0.0.0")).isNotEqualTo(AddressKey.NONE);
    }

    private static long key(String address) {
        return AddressKey.of(InetAddress.ofLiteral(address));
    }
}
