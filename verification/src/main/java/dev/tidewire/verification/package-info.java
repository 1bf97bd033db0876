/** What no module can test of itself: the shape of the whole, foreign clients, hostile peers, and load. All of it is in the tests. */
@NullMarked
package dev.tidewire.verification;

import org.jspecify.annotations.NullMarked;
