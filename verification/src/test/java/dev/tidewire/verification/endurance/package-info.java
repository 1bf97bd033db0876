/** That nothing is left behind, however long and by whom a server was visited. */
@NullMarked
package dev.tidewire.verification.endurance;

import org.jspecify.annotations.NullMarked;
