/** The architecture as a test. */
@NullMarked
package dev.tidewire.verification.architecture;

import org.jspecify.annotations.NullMarked;
