package dev.tidewire.server.internal.engine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/** Functions of the C library that neither the JDK nor Netty offers. */
final class NativeFunctions {
    private NativeFunctions() {}

    /**
     * The function of that name.
     *
     * @param type as its manual page declares it
     * @throws RuntimeException when it is not there, or the JVM does not allow or does not know such calls
     */
    @SuppressWarnings("restricted") // what is called, and how, is for those that ask to say
    static MethodHandle find(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, options);
    }
}
