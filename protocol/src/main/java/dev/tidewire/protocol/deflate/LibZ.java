package dev.tidewire.protocol.deflate;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * The functions of the system's zlib, or of a library that stands in for it, as C declares them in {@code zlib.h}.
 *
 * <p>To be touched only when {@link Library#isUsable} says so.
 */
final class LibZ {
    static final int NO_FLUSH = 0;
    static final int SYNC_FLUSH = 2;

    static final int OK = 0;
    static final int STREAM_END = 1;
    static final int NEED_DICT = 2;
    static final int DATA_ERROR = -3;
    static final int MEM_ERROR = -4;
    /** Nothing could be done for want of input or room; not an error. */
    static final int BUF_ERROR = -5;

    private static final int DEFLATED = 8;
    private static final int DEFAULT_STRATEGY = 0;

    private static final MemoryLayout SIZE_T = type("size_t");

    private static final MethodHandle CALLOC = standard("calloc", FunctionDescriptor.of(ADDRESS, SIZE_T, SIZE_T));
    private static final MethodHandle FREE = standard("free", FunctionDescriptor.ofVoid(ADDRESS));

    private static final MethodHandle DEFLATE_INIT = zlib(
            "deflateInit2_",
            FunctionDescriptor.of(
                    JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle DEFLATE = zlib("deflate", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle DEFLATE_RESET = zlib("deflateReset", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle DEFLATE_END = zlib("deflateEnd", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle INFLATE_INIT =
            zlib("inflateInit2_", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle INFLATE = zlib("inflate", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle INFLATE_RESET = zlib("inflateReset", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle INFLATE_RESET_KEEP =
            zlib("inflateResetKeep", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle INFLATE_END = zlib("inflateEnd", FunctionDescriptor.of(JAVA_INT, ADDRESS));

    private LibZ() {}

    /** One of C's types whose size is the platform's choice. */
    static MemoryLayout type(String name) {
        return Objects.requireNonNull(Linker.nativeLinker().canonicalLayouts().get(name));
    }

    static String version() {
        return Library.version(Library.LOOKUP.orElseThrow());
    }

    /** Memory of zeros, to be given back with {@link #free}. */
    @SuppressWarnings("restricted") // the size is the one that was asked for
    static MemorySegment allocate(long bytes) {
        try {
            var memory = (MemorySegment) CALLOC.invoke(1L, bytes);
            if (memory.equals(MemorySegment.NULL)) {
                throw new OutOfMemoryError("no native memory for a stream of zlib");
            }
            return memory.reinterpret(bytes);
        } catch (Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    static void free(MemorySegment memory) {
        try {
            FREE.invokeExact(memory);
        } catch (Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    /** @param windowBits negative for raw DEFLATE data, here and for {@link #inflateInit} */
    static int deflateInit(MemorySegment stream, int level, int windowBits, int memoryLevel) {
        try {
            return (int) DEFLATE_INIT.invokeExact(
                    stream, level, DEFLATED, windowBits, memoryLevel, DEFAULT_STRATEGY, Library.VERSION_1, (int)
                            stream.byteSize());
        } catch (Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    static int deflate(MemorySegment stream, int flush) {
        try {
            return (int) DEFLATE.invokeExact(stream, flush);
        } catch (Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    static void deflateReset(MemorySegment stream) {
        call(DEFLATE_RESET, stream);
    }

    static void deflateEnd(MemorySegment stream) {
        call(DEFLATE_END, stream);
    }

    static int inflateInit(MemorySegment stream, int windowBits) {
        try {
            return (int) INFLATE_INIT.invokeExact(stream, windowBits, Library.VERSION_1, (int) stream.byteSize());
        } catch (Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    static int inflate(MemorySegment stream, int flush) {
        try {
            return (int) INFLATE.invokeExact(stream, flush);
        } catch (Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    static void inflateReset(MemorySegment stream) {
        call(INFLATE_RESET, stream);
    }

    /** Like {@link #inflateReset}, but the window stays. */
    static void inflateResetKeep(MemorySegment stream) {
        call(INFLATE_RESET_KEEP, stream);
    }

    static void inflateEnd(MemorySegment stream) {
        call(INFLATE_END, stream);
    }

    /** Of what these functions return, nothing concerns who calls them in order and wants no more of what is left. */
    private static void call(MethodHandle function, MemorySegment stream) {
        try {
            int _ = (int) function.invokeExact(stream);
        } catch (Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    /** Every use of a handle declares everything; C functions throw nothing, but the virtual machine may on the way. */
    private static RuntimeException unexpected(Throwable thrown) {
        switch (thrown) {
            case Error error -> throw error;
            case RuntimeException runtime -> throw runtime;
            default -> throw new AssertionError(thrown);
        }
    }

    private static MethodHandle zlib(String name, FunctionDescriptor function) {
        return Library.handle(Library.LOOKUP.orElseThrow(), name, function);
    }

    private static MethodHandle standard(String name, FunctionDescriptor function) {
        return Library.handle(Linker.nativeLinker().defaultLookup(), name, function);
    }

    /** The shared library that the functions are in, if there is one. */
    static final class Library {
        /** A caller says which version of {@code zlib.h} it was made for; only the first character counts. */
        static final MemorySegment VERSION_1 = Arena.global().allocateFrom("1.2.5");

        private static final List<String> FUNCTIONS = List.of(
                "zlibVersion",
                "deflateInit2_",
                "deflate",
                "deflateReset",
                "deflateEnd",
                "inflateInit2_",
                "inflate",
                "inflateReset",
                "inflateResetKeep",
                "inflateEnd");

        static final Optional<SymbolLookup> LOOKUP = open().filter(Library::isUsable);

        private Library() {}

        /** True when zlib was found, has every function that is used, and is of the generation whose header we follow. */
        static boolean isUsable() {
            return LOOKUP.isPresent();
        }

        private static boolean isUsable(SymbolLookup library) {
            return ADDRESS.byteSize() == Long.BYTES
                    && FUNCTIONS.stream().allMatch(name -> library.find(name).isPresent())
                    && version(library).startsWith("1.");
        }

        @SuppressWarnings("restricted") // zlib is what this class is about; if it is forbidden, the JDK's own is used
        private static Optional<SymbolLookup> open() {
            try {
                return Optional.of(SymbolLookup.libraryLookup(fileName(), Arena.global()));
            } catch (IllegalArgumentException | IllegalCallerException notThereOrForbidden) {
                return Optional.empty(); // the caller has another way
            }
        }

        private static String fileName() {
            String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
            if (system.startsWith("windows")) return "zlib1.dll";
            return system.startsWith("mac") ? "libz.1.dylib" : "libz.so.1";
        }

        @SuppressWarnings("restricted") // a C string that the library guarantees to be one
        static String version(SymbolLookup library) {
            try {
                MethodHandle version = handle(library, "zlibVersion", FunctionDescriptor.of(ADDRESS));
                var text = (MemorySegment) version.invokeExact();
                return text.reinterpret(Long.MAX_VALUE).getString(0);
            } catch (Throwable thrown) {
                throw unexpected(thrown);
            }
        }

        @SuppressWarnings("restricted") // the descriptors beside the names are those of zlib.h and stdlib.h
        static MethodHandle handle(SymbolLookup library, String name, FunctionDescriptor function) {
            return Linker.nativeLinker().downcallHandle(library.find(name).orElseThrow(), function);
        }
    }
}
