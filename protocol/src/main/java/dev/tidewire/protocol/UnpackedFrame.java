package dev.tidewire.protocol;

/**
 * One frame as {@link Frames#unpack} found it.
 *
 * @param payload unmasked; a copy that belongs to whoever holds the record
 */
// The payload as bytes is what the caller asked for; that two such records with equal bytes differ is of no
// consequence.
@SuppressWarnings("ArrayRecordComponent")
public record UnpackedFrame(boolean fin, Opcode opcode, byte[] payload) {}
