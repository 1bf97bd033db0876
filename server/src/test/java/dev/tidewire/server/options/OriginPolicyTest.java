package dev.tidewire.server.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OriginPolicyTest {
    @ParameterizedTest(name = "{0} on {1}: {2}")
    @CsvSource({
        "http://example.org,         example.org,       true",
        "http://EXAMPLE.org,         example.ORG,       true",
        "http://example.org:80,      example.org,       true",
        "https://example.org,        example.org:443,   true",
        "https://example.org,        example.org,       true",
        "http://example.org:8080,    example.org:8080,  true",
        "http://[::1]:9502,          [::1]:9502,        true",
        "http://127.0.0.1:9502,      127.0.0.1:9502,    true",
        "http://my_host:9502,        my_host:9502,      true",
        "http://my_host,             my_host,           true",
        "http://example.org:443,     example.org:443,   true",
        "http://example.org:443,     example.org,       false",
        "https://example.org:80,     example.org,       false",
        "http://example.org/,        example.org,       false",
        "http://user@example.org,    example.org,       false",
        "http://example.org:8080,    example.org,       false",
        "http://example.org,         example.org:8080,  false",
        "http://evil.example,        example.org,       false",
        "http://example.org.evil.example, example.org,  false",
        "http://127.0.0.1:9502,      localhost:9502,    false",
        "null,                       example.org,       false",
        "'',                         example.org,       false",
        "http://,                    example.org,       false",
        "not an origin,              example.org,       false",
        "http://example.org,         '',                false",
    })
    void sameHostComparesHostAndPort(String origin, String host, boolean allowed) {
        assertThat(OriginPolicy.sameHost().allows(Optional.of(origin), host, false))
                .isEqualTo(allowed);
    }

    @ParameterizedTest(name = "{0} on {1}: {2}")
    @CsvSource({
        "https://example.org,        example.org,       true",
        "https://example.org,        example.org:443,   true",
        "https://example.org:8443,   example.org:8443,  true",
        "http://example.org,         example.org,       false",
        "http://example.org:8443,    example.org:8443,  false",
        "http://example.org:443,     example.org:443,   false",
        "ftp://example.org,          example.org,       false",
        "https://evil.example,       example.org,       false",
    })
    void withinTlsSameHostIsHttpsOnly(String origin, String host, boolean allowed) {
        assertThat(OriginPolicy.sameHost().allows(Optional.of(origin), host, true))
                .isEqualTo(allowed);
    }

    @Test
    void clientsThatNameNoOriginAreNoBrowsersAndPass() {
        assertThat(OriginPolicy.sameHost().allows(Optional.empty(), "example.org", true))
                .isTrue();
        assertThat(OriginPolicy.allow("https://example.org").allows(Optional.empty(), "example.org", true))
                .isTrue();
    }

    @ParameterizedTest(name = "{0} lets {1} in: {2}")
    @CsvSource({
        "https://example.org,      https://example.org,           true",
        "https://example.org,      HTTPS://EXAMPLE.ORG,           true",
        "https://example.org,      http://example.org,            false",
        "https://example.org,      https://example.org:8443,      false",
        "https://example.org,      https://www.example.org,       false",
        "https://*.example.org,    https://www.example.org,       true",
        "https://*.example.org,    https://a.b.example.org,       true",
        "https://*.example.org,    https://example.org,           false",
        "https://*.example.org,    https://evil-example.org,      false",
        "https://*.example.org,    https://evil.com/.example.org, false",
        "https://*.example.org,    https://a.example.org.evil.com, false",
        "https://*.example.org,    https://evil.com#.example.org, false",
        "https://*.example.org,    https://evil.com?.example.org, false",
        "https://*.example.org,    https://evil.com@a.example.org, false",
        "https://*.example.org,    https://*.example.org,         false",
        "https://e.ample.org,      https://example.org,           false",
        "http://localhost:*,       http://localhost:3000,         true",
        "http://localhost:*,       http://localhost,              true",
        "http://localhost:*,       http://localhost:3000.evil.com, false",
        "https://example.org:443,  https://example.org,           true",
        "https://example.org,      https://example.org:443,       true",
        "http://example.org:80,    http://example.org,            true",
        "http://example.org:443,   http://example.org,            false",
        "https://my_host:8443,     https://my_host:8443,          true",
        "null,                     null,                          true",
        "https://example.org,      null,                          false",
    })
    void listedOriginsAreMatchedWhole(String pattern, String origin, boolean allowed) {
        assertThat(OriginPolicy.allow("https://other.example", pattern).allows(Optional.of(origin), "any", false))
                .isEqualTo(allowed);
    }

    @Test
    void anyLetsEveryPageIn() {
        assertThat(OriginPolicy.any().allows(Optional.of("http://evil.example"), "example.org", true))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.org", "https://", "https://a/path", "https://a*b.org", "https://user@host", "*"})
    void whatIsNoOriginIsRefused(String pattern) {
        assertThatThrownBy(() -> OriginPolicy.allow(pattern))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(pattern);
    }

    @Test
    void anEmptyListIsRefusedForItWouldKeepEveryBrowserOut() {
        assertThatThrownBy(OriginPolicy::allow).isInstanceOf(IllegalArgumentException.class);
    }
}
